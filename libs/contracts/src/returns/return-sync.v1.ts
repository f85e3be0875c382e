import { IsBoolean, IsIn, IsInt, IsNotEmpty, IsOptional, IsString, IsUUID, Min } from 'class-validator';
import { defineMessage } from '../message.js';
import { IsInstant } from '../schema/instant.js';
import { RETURNS_EXCHANGE, returnSyncProcessingQueue, returnSyncQueue } from './queues.js';

/** A job's row as it stands once a run has claimed it, and the run. */
export class ReturnSyncV1 {
  @IsInt()
  @Min(1)
  id!: number;

  @IsString()
  @IsNotEmpty()
  jobType!: string;

  /** 0 idle, 1 claimed, 2 being processed. */
  @IsIn([0, 1, 2])
  status!: number;

  /** Of the window completed last. */
  @IsOptional()
  @IsInstant()
  startDate!: string | null;

  /** Of the window completed last: the next one begins 30 minutes before it. */
  @IsOptional()
  @IsInstant()
  endDate!: string | null;

  @IsBoolean()
  isHistoricSync!: boolean;

  @IsOptional()
  @IsString()
  syncIdentifier!: string | null;

  @IsInstant()
  createdAt!: string;

  @IsUUID()
  runId!: string;

  /** Whoever holds a smaller one has lost the job to another. */
  @IsInt()
  @Min(1)
  leaseToken!: number;
}

/** A page of a run. Its returns stay in the database, so that a page asked for twice is the same page. */
export class ReturnSyncProcessingV1 {
  @IsUUID()
  runId!: string;

  @IsInt()
  @Min(1)
  leaseToken!: number;

  @IsInt()
  @Min(1)
  pageNo!: number;
}

export const returnSync = defineMessage<ReturnSyncV1>({
  type: 'returns.sync.claimed',
  version: 1,
  summary: 'A run has claimed its job; its window is to be planned.',
  exchange: RETURNS_EXCHANGE,
  routingKey: 'returns.sync.claimed',
  publishers: ['returns'],
  queues: [returnSyncQueue],
  payload: ReturnSyncV1,
  example: {
    id: 1,
    jobType: 'RETURN_JOB',
    status: 1,
    startDate: '2026-03-14T08:15:00.000Z',
    endDate: '2026-03-14T09:00:00.000Z',
    isHistoricSync: false,
    syncIdentifier: null,
    createdAt: '2026-01-01T00:00:00.000Z',
    runId: '0d6f6a2e-2f0e-4b53-8a1d-6b3e5a9c1f20',
    leaseToken: 17,
  },
});

export const returnSyncProcessing = defineMessage<ReturnSyncProcessingV1>({
  type: 'returns.sync.page',
  version: 1,
  summary: 'A page of a planned window is to be indexed.',
  exchange: RETURNS_EXCHANGE,
  routingKey: 'returns.sync.page',
  publishers: ['returns'],
  queues: [returnSyncProcessingQueue],
  payload: ReturnSyncProcessingV1,
  example: { runId: '0d6f6a2e-2f0e-4b53-8a1d-6b3e5a9c1f20', leaseToken: 17, pageNo: 1 },
});
