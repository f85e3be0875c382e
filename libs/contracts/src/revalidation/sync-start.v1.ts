import { ArrayMaxSize, IsArray, IsIn, IsInt, IsOptional, IsUUID, Max, Min } from 'class-validator';
import { defineMessage } from '../message.js';
import { IsCalendarDate } from '../schema/instant.js';
import { connectionSyncStartQueue, REVALIDATION_EXCHANGE } from './queues.js';

/** Phases in which a source sends its records to the master. */
export const SOURCE_PHASES = ['trainees', 'gmc'] as const;
export type SourcePhase = (typeof SOURCE_PHASES)[number];

/** Asks a source to send all its records, or with `sequences` those batches again. */
export class SyncStartV1 {
  @IsUUID()
  runId!: string;

  /** Grows with every run; a source drops what it still does for a lower one. */
  @IsInt()
  @Min(1)
  fence!: number;

  @IsIn([...SOURCE_PHASES])
  phase!: SourcePhase;

  /** Records a syncData message carries at most. */
  @IsInt()
  @Min(1)
  @Max(1000)
  batchSize!: number;

  /** The run's only 'today' (Europe/London): what is current is decided by it, however long the run takes. */
  @IsCalendarDate()
  asOf!: string;

  /** Batches asked for again because they did not arrive; absent for a whole phase. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(10_000)
  @IsInt({ each: true })
  sequences?: number[];
}

export const traineeSyncStart = defineMessage<SyncStartV1>({
  type: 'reval.connection.syncstart',
  version: 1,
  summary: 'Send all trainees for a run (syncStart), or some batches again.',
  exchange: REVALIDATION_EXCHANGE,
  routingKey: 'reval.connection.syncstart',
  publishers: ['integration'],
  queues: [connectionSyncStartQueue],
  payload: SyncStartV1,
  example: {
    runId: '6f1c1f4e-7c1e-4a55-9a0e-2f6f9d0a9b11',
    fence: 7,
    phase: 'trainees',
    batchSize: 200,
    asOf: '2026-03-14',
  },
});
