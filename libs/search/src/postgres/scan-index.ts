import type { ScanOptions } from '../engine/search-engine.js';
import type { PlannedFilter } from '../query/plan-query.js';
import { fromIndexSource, type StoredDocument } from '../schema/index-source.js';
import { toCondition } from './condition-sql.js';
import type { FoundIndex } from './index-catalogue.js';
import { Parameters } from './parameters.js';
import type { Query } from './search-database.js';

interface ScanRow {
  readonly id: string;
  readonly version: number;
  readonly deleted: boolean;
  readonly source?: string;
}

/**
 * Pages through an index as it is now: one transaction on one snapshot, which lasts until the caller ends the session. Has
 * begun when it resolves.
 */
export async function scanIndex(
  query: Query,
  index: FoundIndex,
  filters: readonly PlannedFilter[],
  options: ScanOptions,
): Promise<AsyncGenerator<StoredDocument[]>> {
  const { tables, layout, filter } = index;
  const parameters = new Parameters();
  const isAlias = filter !== undefined;
  const tombstones = options.tombstones === true && !isAlias;
  const visible = toCondition(layout, { tokens: [], filters, tombstones }, parameters);
  const bucket = options.bucket === undefined ? '' : `AND d.bucket = ${parameters.add(options.bucket, 'smallint')}`;
  const readsKeys = options.fields?.length === 0;
  const sources = readsKeys ? '' : `JOIN ${tables.sources} s ON s.id = d.id`;
  await query('ROLLBACK');
  await query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  await query(
    `DECLARE page NO SCROLL CURSOR FOR
     SELECT d.id, d.version::float8 AS version, d.deleted ${readsKeys ? '' : ', s.source'}
     FROM ${tables.documents} d ${sources} WHERE ${visible} ${bucket}`,
    parameters.values,
  );
  return readPages(query, options);
}

async function* readPages(query: Query, { pageSize = 1_000, fields }: ScanOptions): AsyncGenerator<StoredDocument[]> {
  for (;;) {
    const rows = await query<ScanRow>(`FETCH ${pageSize} FROM page`);
    if (rows.length > 0) yield rows.map((row) => toDocument(row, fields));
    if (rows.length < pageSize) return;
  }
}

function toDocument({ id, version, deleted, source }: ScanRow, fields: readonly string[] | undefined): StoredDocument {
  if (source === undefined) return { id, version, deleted, document: deleted ? null : {} };
  const whole = fromIndexSource(source);
  if (fields === undefined || whole.document === null) return whole;
  const { document } = whole;
  const kept = fields.flatMap((field) => (Object.hasOwn(document, field) ? [[field, document[field]] as const] : []));
  return { ...whole, document: Object.fromEntries(kept) };
}
