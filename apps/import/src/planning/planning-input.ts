import type { EntityManager } from 'typeorm';
import type { ImportOptions } from '../batches/import-options.js';
import type { Staged } from '../staging/staged-buffer.js';
import type { StagedTables } from '../staging/staged-tables.js';
import type { Findings } from './findings.js';
import type { TypePositions } from './type-positions.js';

/** A batch whose files have been read, and the transaction in which it is planned. */
export interface PlanningInput {
  readonly manager: EntityManager;
  readonly batchId: string;
  readonly userId: string;
  /** The batches that this one goes on with, the newest first. */
  readonly formerBatchIds: readonly string[];
  readonly options: ImportOptions;
  readonly positions: TypePositions;
  readonly staged: Staged;
  readonly tables: StagedTables;
  readonly findings: Findings;
}
