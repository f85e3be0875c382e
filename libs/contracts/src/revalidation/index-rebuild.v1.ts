import { IsIn, IsInt, IsNotEmpty, IsOptional, IsString, IsUUID, Min } from 'class-validator';
import { defineMessage } from '../message.js';
import { IsCalendarDate } from '../schema/instant.js';
import {
  connectionRebuildQueue,
  indexRebuildNeededQueue,
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

/** Why an index needs a rebuild: it was made from other fields than its service's, or began empty after its engine had lost it. */
export const INDEX_NEEDS = ['otherSchema', 'afterLoss'] as const;

/** An index that needs a rebuild. */
export class IndexNeedV1 {
  /** Name of the index that readers see, without an installation's prefix. */
  @IsString()
  @IsNotEmpty()
  generation!: string;

  @IsIn([...INDEX_NEEDS])
  reason!: (typeof INDEX_NEEDS)[number];

  /** Of the service's own schema. */
  @IsString()
  @IsNotEmpty()
  schemaHash!: string;
}

/** A projecting service needs a rebuild that no run has asked it for. */
export class IndexRebuildNeededV1 extends IndexNeedV1 {
  @IsIn([...PROJECTING_SERVICES])
  service!: ProjectingService;
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

export const indexRebuildNeeded = defineMessage<IndexRebuildNeededV1>({
  type: 'reval.indexrebuild.needed',
  version: 1,
  summary: 'The index of a projecting service needs a rebuild that nobody has asked for; repeated until it has one.',
  exchange: REVALIDATION_EXCHANGE,
  routingKey: 'reval.indexrebuild.needed',
  publishers: ['recommendation', 'connection'],
  queues: [indexRebuildNeededQueue],
  payload: IndexRebuildNeededV1,
  example: {
    service: 'connection',
    generation: 'connection-000012',
    reason: 'otherSchema',
    schemaHash: '0f3a5b7c9d1e2f40',
  },
});
