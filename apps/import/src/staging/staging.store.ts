import { copyInto, inTransaction } from '@lockstep/database';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { FeedItem } from '../feeds/feed-item.js';
import type { TypePositions } from '../planning/type-positions.js';
import { type Lot, nothingStaged, type Staged, StagedBuffer } from './staged-buffer.js';
import { ERROR_COLUMNS, LINK_COLUMNS, OBJECT_COLUMNS } from './staged-rows.js';
import { batchOfStagedTable, stagedTablesOf } from './staged-tables.js';

/** The batch is no longer being read: somebody cancelled it, or another replica has it. */
export class BatchLeftError extends Error {
  override readonly name = 'BatchLeftError';

  constructor(batchId: string) {
    super(`batch ${batchId} is not being read any more`);
  }
}

/** More errors than the batch allows: the rest of its files need not be read. */
export class TooManyErrorsError extends Error {
  override readonly name = 'TooManyErrorsError';

  constructor(readonly staged: Staged) {
    super(`more errors than allowed after ${staged.records} records`);
  }
}

/** How a reading is bounded. */
export interface StagingOptions {
  readonly maxErrors: number;
  readonly signal: AbortSignal;
}

/** Rows a transaction: enough for COPY to be worth it, few enough to be a matter of a few MB. */
const ROWS_A_TRANSACTION = 10_000;

/** Takes what feeds say into unlogged tables of the batch, as it is read. */
@Injectable()
export class StagingStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Empty tables and no errors for the batch, whatever an interrupted reading has left. */
  async begin(batchId: string): Promise<void> {
    const { objects, links } = stagedTablesOf(batchId);
    await inTransaction(this.dataSource, async (manager) => {
      await manager.query(`DROP TABLE IF EXISTS ${objects}, ${links}`);
      await manager.query(`CREATE UNLOGGED TABLE ${objects} (LIKE staged_object)`);
      await manager.query(`CREATE UNLOGGED TABLE ${links} (LIKE staged_link)`);
      await manager.query('DELETE FROM import_error WHERE batch_id = $1', [batchId]);
      await manager.query('UPDATE import_batch SET records = 0, errors = 0, warnings = 0 WHERE id = $1', [batchId]);
    });
  }

  /**
   * Stages all items, one lot being written while the next is read; at most two are in memory. The batch's own counts
   * follow with each lot.
   *
   * @throws BatchLeftError when the batch's state is not `parsing` any more, TooManyErrorsError, what reading threw
   */
  async stage(
    batchId: string,
    items: AsyncIterable<readonly FeedItem[]>,
    positions: TypePositions,
    options: StagingOptions,
  ): Promise<Staged> {
    const total = nothingStaged();
    const buffer = new StagedBuffer(batchId, positions, total);
    let writing: Promise<void> = Promise.resolve();
    const hand = async (): Promise<void> => {
      await writing;
      const lot = buffer.take();
      writing = this.write(batchId, lot, { ...total });
      // Awaited with the next lot; until then its failure is nobody's.
      writing.catch(() => undefined);
    };
    try {
      for await (const some of items) {
        options.signal.throwIfAborted();
        for (const item of some) buffer.add(item);
        if (total.errors > options.maxErrors) break;
        if (buffer.size >= ROWS_A_TRANSACTION) await hand();
      }
      await hand();
    } finally {
      // Also when reading failed: no write of ours may come after what its caller does next.
      await writing.catch(() => undefined);
    }
    await writing;
    if (total.errors > options.maxErrors) throw new TooManyErrorsError(total);
    await this.dataSource.query(`ANALYZE ${stagedTablesOf(batchId).objects}, ${stagedTablesOf(batchId).links}`);
    return total;
  }

  private async write(batchId: string, lot: Lot, total: Staged): Promise<void> {
    const tables = stagedTablesOf(batchId);
    await inTransaction(this.dataSource, async (manager) => {
      const [, found]: [unknown, number] = await manager.query(
        `UPDATE import_batch SET records = $2, errors = $3, warnings = $4 WHERE id = $1 AND state = 'parsing'`,
        [batchId, total.records, total.errors, total.warnings],
      );
      if (found === 0) throw new BatchLeftError(batchId);
      if (lot.objects.length > 0) await copyInto(manager, tables.objects, OBJECT_COLUMNS, lot.objects);
      if (lot.links.length > 0) await copyInto(manager, tables.links, LINK_COLUMNS, lot.links);
      if (lot.errors.length > 0) await copyInto(manager, 'import_error', ERROR_COLUMNS, lot.errors);
    });
  }

  /** Errors of objects and links that planning would have taken over, where it does not come to that. */
  async keepErrorsOf(manager: EntityManager, batchId: string): Promise<void> {
    const { objects, links } = stagedTablesOf(batchId);
    for (const table of [objects, links]) {
      await manager.query(
        `INSERT INTO import_error (batch_id, severity, code, message, file_no, row_no, line, column_name, field)
         SELECT $1, error->>'severity', error->>'code', error->>'message', (error->'place'->>'fileNo')::smallint,
                (error->'place'->>'row')::int, (error->'place'->>'line')::int, error->'place'->>'column', error->>'field'
         FROM ${table}, json_array_elements(errors) AS error WHERE errors IS NOT NULL`,
        [batchId],
      );
    }
  }

  async drop(batchId: string, manager: EntityManager = this.dataSource.manager): Promise<void> {
    const { objects, links } = stagedTablesOf(batchId);
    await manager.query(`DROP TABLE IF EXISTS ${objects}, ${links}`);
  }

  /** Drops tables of batches that are not being read: what crashed or cancelled ones left. */
  async sweep(): Promise<void> {
    const tables: { name: string }[] = await this.dataSource.query(
      `SELECT relname AS name FROM pg_class
       WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname ~ '^staged_(object|link)_[0-9a-f]{32}$'`,
    );
    const batches = [...new Set(tables.map(({ name }) => batchOfStagedTable(name)))];
    for (const batchId of batches) {
      if (batchId === null) continue;
      const alive: unknown[] = await this.dataSource.query(
        `SELECT 1 FROM import_batch WHERE id = $1 AND state IN ('received', 'parsing')`,
        [batchId],
      );
      if (alive.length === 0) await this.drop(batchId);
    }
  }
}
