import type { ImportPlan } from '../planning/plan.js';
import type { TypesSnapshot } from '../planning/type-positions.js';
import type { BatchState } from '../statuses.js';
import type { ImportOptions } from './import-options.js';

/** Objects or links by status; those of which there are none are left out. */
export type StatusCounts = Readonly<Record<string, number>>;

/** A file of a batch. `path` is '' once it was removed. */
export interface BatchFile {
  readonly fileNo: number;
  readonly name: string;
  readonly importType: 'csv' | 'xml' | 'jsonl';
  readonly bytes: number;
  readonly sha256: string;
  readonly path: string;
}

export interface StoredBatch {
  readonly id: string;
  readonly state: BatchState;
  readonly userId: string;
  readonly submittedBy: string;
  readonly options: ImportOptions;
  readonly resumeOf: string | null;
  readonly run: number;
  readonly processingError: boolean;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly records: number;
  readonly errors: number;
  readonly warnings: number;
  readonly objects: StatusCounts;
  readonly links: StatusCounts;
  readonly inFlight: number;
  readonly plan: ImportPlan | null;
  readonly failure: string | null;
  readonly attempts: number;
  readonly files: readonly BatchFile[];
}

/** What reading and reporting need beside: too large for lists. */
export interface BatchDefinition {
  readonly types: TypesSnapshot;
  /** The mapping of all files, or a list of one a file; null for neutral files only. */
  readonly config: unknown;
}

/** Nothing more will happen to it, unless somebody retries it. */
export function hasEnded({ state, options }: Pick<StoredBatch, 'state' | 'options'>): boolean {
  return ['complete', 'error', 'cancelled'].includes(state) || (state === 'validated' && options.dryRun);
}

/** The mapping of one file. */
export function configOf(config: unknown, fileNo: number): unknown {
  return Array.isArray(config) ? (config[fileNo - 1] ?? null) : config;
}
