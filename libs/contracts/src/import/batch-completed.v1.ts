import { IsBoolean, IsIn, IsNotEmpty, IsObject, IsOptional, IsString, IsUUID } from 'class-validator';
import { defineMessage } from '../message.js';
import { IMPORT_EXCHANGE, importBatchCompletedQueue } from './queues.js';

/** How many objects or links are in each state. */
export type CountsByStatus = Readonly<Record<string, number>>;

/** An import came to its end; sent once a run of a batch. */
export class ImportBatchMainCompleteV1 {
  @IsUUID()
  importBatchId!: string;

  @IsString()
  @IsNotEmpty()
  userId!: string;

  @IsIn(['complete', 'error', 'cancelled'])
  importBatchStatus!: 'complete' | 'error' | 'cancelled';

  /** Some object or link could not be created. */
  @IsBoolean()
  processingError!: boolean;

  @IsObject()
  counts!: { readonly objects: CountsByStatus; readonly links: CountsByStatus };

  /** RFC 3339. */
  @IsOptional()
  @IsString()
  startTime!: string | null;

  @IsString()
  endTime!: string;

  @IsString()
  reportUri!: string;
}

export const importBatchCompleted = defineMessage<ImportBatchMainCompleteV1>({
  type: 'ImportBatchMainComplete',
  version: 1,
  summary: 'An import came to its end.',
  exchange: IMPORT_EXCHANGE,
  routingKey: 'import.batch.completed',
  publishers: ['import'],
  queues: [importBatchCompletedQueue],
  payload: ImportBatchMainCompleteV1,
  example: {
    importBatchId: '0d6f6a2e-2f0e-4b53-8a1d-6b3e5a9c1f20',
    userId: 'seller-17',
    importBatchStatus: 'complete',
    processingError: false,
    counts: { objects: { complete: 10 }, links: { complete: 11 } },
    startTime: '2026-03-14T09:00:00.000Z',
    endTime: '2026-03-14T09:00:02.000Z',
    reportUri: '/api/imports/0d6f6a2e-2f0e-4b53-8a1d-6b3e5a9c1f20/report',
  },
});
