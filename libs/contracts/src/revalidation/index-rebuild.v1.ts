import { IsIn, IsInt, IsNotEmpty, IsOptional, IsString, IsUUID, Min } from 'class-validator';
import { defineMessage } from '../message.js';
import { IsCalendarDate } from '../schema/instant.js';
import {
  connectionRebuildQueue,
  indexRebuildReportedQueue,
  REVALIDATION_EXCHANGE,
  recommendationRebuildQueue,
} from './queues.js';

/** Services that keep an index of their own, made from the master's documents. */
export const PROJECTING_SERVICES = ['recommendation', 'connection'] as const;
export type ProjectingService = (typeof PROJECTING_SERVICES)[number];

/** Rebuild your index from this generation of the master. */
export class GetMasterCommandV1 {
  @IsUUID()
  runId!: string;

  @IsInt()
  @Min(1)
  fence!: number;

  /** Name of the master's index, without an installation's prefix; it stays until every projection has answered. */
  @IsString()
  @IsNotEmpty()
  generation!: string;

  /** The run's only 'today': what has expired is decided by it. */
  @IsCalendarDate()
  asOf!: string;
}

/** How far a projecting service is; `succeeded` and `failed` are its last word on a run. */
export class IndexRebuildReportV1 {
  @IsUUID()
  runId!: string;

  @IsInt()
  @Min(1)
  fence!: number;

  @IsIn([...PROJECTING_SERVICES])
  service!: ProjectingService;

  @IsIn(['running', 'succeeded', 'failed'])
  state!: 'running' | 'succeeded' | 'failed';

  /** Documents of the master, tombstones included; null while not counted. */
  @IsOptional()
  @IsInt()
  expected!: number | null;

  @IsInt()
  @Min(0)
  received!: number;

  @IsInt()
  @Min(0)
  written!: number;

  @IsInt()
  @Min(0)
  rejected!: number;

  /** Why it failed. */
  @IsOptional()
  @IsString()
  error!: string | null;
}

const RUN = { runId: '6f1c1f4e-7c1e-4a55-9a0e-2f6f9d0a9b11', fence: 7 } as const;

export const getMasterCommand = defineMessage<GetMasterCommandV1>({
  type: 'reval.indexrebuildgetmastercommand.requested',
  version: 1,
  summary: 'The master was swapped: rebuild your own index from it (getMaster).',
  exchange: REVALIDATION_EXCHANGE,
  routingKey: 'reval.indexrebuildgetmastercommand.requested',
  publishers: ['integration'],
  queues: [recommendationRebuildQueue, connectionRebuildQueue],
  payload: GetMasterCommandV1,
  example: { ...RUN, generation: 'masterdoctor-000012', asOf: '2026-03-14' },
});

export const indexRebuildReported = defineMessage<IndexRebuildReportV1>({
  type: 'reval.indexrebuild.reported',
  version: 1,
  summary: 'Progress or outcome of a projecting service.',
  exchange: REVALIDATION_EXCHANGE,
  routingKey: 'reval.indexrebuild.reported',
  publishers: ['recommendation', 'connection'],
  queues: [indexRebuildReportedQueue],
  payload: IndexRebuildReportV1,
  example: {
    ...RUN,
    service: 'connection',
    state: 'succeeded',
    expected: 100_000,
    received: 100_000,
    written: 100_000,
    rejected: 0,
    error: null,
  },
});
