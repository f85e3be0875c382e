import type { IndexRemoval, IndexWrite, WriteOutcome } from '../engine/search-engine.js';
import { checkIndexName, MAX_SOURCE_LENGTH } from '../engine/writable.js';
import type { FoundIndex, IndexCatalogue } from './index-catalogue.js';
import { type IndexTableRow, toRow } from './row-of-write.js';
import { isUndefinedTable, isUnstorableValue, type SearchDatabase } from './search-database.js';
import { toRemovalStatement, toWriteStatement } from './write-sql.js';

/** A row, and where its write stands in the call. */
interface PlacedRow {
  readonly at: number;
  readonly row: IndexTableRow;
}

const OK: WriteOutcome = { status: 'ok' };
const STALE: WriteOutcome = { status: 'stale' };
const MISSING: WriteOutcome = { status: 'missing' };

/** Rows a statement, and characters of their sources: far below what the server takes as one value. */
const MAX_ROWS = 2_000;
const MAX_LENGTH = MAX_SOURCE_LENGTH;

/** Writes documents into indexes, one statement for hundreds of them. */
export class BulkWriter {
  constructor(
    private readonly database: SearchDatabase,
    private readonly catalogue: IndexCatalogue,
  ) {}

  /** One outcome a write, in order. @throws SearchUnavailableError */
  async write(writes: readonly IndexWrite[]): Promise<WriteOutcome[]> {
    const outcomes: WriteOutcome[] = writes.map(() => MISSING);
    for (const name of new Set(writes.map(({ index }) => index))) {
      checkIndexName(name);
      const index = await this.catalogue.findIndex(name);
      if (index === undefined) continue;
      const rows: PlacedRow[] = [];
      for (const [at, write] of writes.entries()) {
        if (write.index !== name) continue;
        const row = toRow(index.layout, write);
        if (typeof row === 'string') outcomes[at] = { status: 'rejected', reason: row };
        else rows.push({ at, row });
      }
      for (const statement of inStatements(rows)) await this.#writeRows(index, statement, outcomes);
    }
    return outcomes;
  }

  /** One outcome a removal, in order. @throws SearchUnavailableError */
  async forget(removals: readonly IndexRemoval[]): Promise<WriteOutcome[]> {
    const outcomes: WriteOutcome[] = removals.map(() => MISSING);
    for (const name of new Set(removals.map(({ index }) => index))) {
      checkIndexName(name);
      const index = await this.catalogue.findIndex(name);
      if (index === undefined) continue;
      const places = [...removals.entries()].filter(([, removal]) => removal.index === name);
      const { text, values } = toRemovalStatement(
        index.tables,
        places.map(([, removal]) => removal),
      );
      try {
        const newer = new Set((await this.database.query<{ id: string }>(text, values)).map(({ id }) => id));
        for (const [at, { id }] of places) outcomes[at] = newer.has(id) ? STALE : OK;
      } catch (error) {
        if (!isUndefinedTable(error)) throw error;
      }
    }
    return outcomes;
  }

  /** A value that only the server finds wrong is looked for by halves, so that its neighbours are written. */
  async #writeRows(index: FoundIndex, rows: readonly PlacedRow[], outcomes: WriteOutcome[]): Promise<void> {
    try {
      const statement = toWriteStatement(
        index.tables,
        index.layout,
        rows.map(({ row }) => row),
      );
      const written = await this.database.query<{ id: string }>(statement.text, statement.values);
      const ids = new Set(written.map(({ id }) => id));
      for (const { at, row } of rows) outcomes[at] = ids.has(row.id) ? OK : STALE;
    } catch (error) {
      if (isUndefinedTable(error)) return;
      if (!isUnstorableValue(error)) throw error;
      if (rows.length === 1) {
        outcomes[rows[0]!.at] = { status: 'rejected', reason: error.message };
        return;
      }
      const half = Math.ceil(rows.length / 2);
      await this.#writeRows(index, rows.slice(0, half), outcomes);
      await this.#writeRows(index, rows.slice(half), outcomes);
    }
  }
}

/** Cuts rows so that a statement is not too large and holds each id once, which keeps the order of an id's writes. */
function* inStatements(rows: readonly PlacedRow[]): Generator<readonly PlacedRow[]> {
  let taken: PlacedRow[] = [];
  let ids = new Set<string>();
  let length = 0;
  for (const placed of rows) {
    const { id, source } = placed.row;
    if (taken.length > 0 && (ids.has(id) || taken.length >= MAX_ROWS || length + source.length > MAX_LENGTH)) {
      yield taken;
      [taken, ids, length] = [[], new Set(), 0];
    }
    taken.push(placed);
    ids.add(id);
    length += source.length;
  }
  if (taken.length > 0) yield taken;
}
