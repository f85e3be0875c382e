import { IsIn, IsInt, IsUUID, Min } from 'class-validator';
import { defineMessage } from '../message.js';
import { connectionSyncDataQueue, REVALIDATION_EXCHANGE } from './queues.js';
import { SYNC_SOURCES, type SyncSource } from './sync-data.v1.js';
import { SOURCE_PHASES, type SourcePhase } from './sync-start.v1.js';

/**
 * The totals of a phase. It travels on the key of the data and may overtake it: a phase is done when every batch
 * 1..`batches` was applied, whenever this marker arrived.
 */
export class SyncEndV1 {
  @IsUUID()
  runId!: string;

  @IsInt()
  @Min(1)
  fence!: number;

  @IsIn([...SOURCE_PHASES])
  phase!: SourcePhase;

  @IsIn([...SYNC_SOURCES])
  source!: SyncSource;

  @IsInt()
  @Min(0)
  batches!: number;

  @IsInt()
  @Min(0)
  items!: number;
}

export const traineeSyncEnd = defineMessage<SyncEndV1>({
  type: 'reval.connection.syncend',
  version: 1,
  summary: 'All trainees of a run were sent (syncEnd); carries the totals.',
  exchange: REVALIDATION_EXCHANGE,
  routingKey: 'reval.connection.syncdata',
  publishers: ['tcs'],
  queues: [connectionSyncDataQueue],
  payload: SyncEndV1,
  example: {
    runId: '6f1c1f4e-7c1e-4a55-9a0e-2f6f9d0a9b11',
    fence: 7,
    phase: 'trainees',
    source: 'tcs',
    batches: 500,
    items: 99_874,
  },
});
