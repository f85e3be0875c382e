import { type BucketSum, bucketOf } from '@lockstep/search';
import type { DataSource } from 'typeorm';
import type { ReturnIndex, ReturnOutcome } from '../documents/return-index.js';
import type { IndexedReturn, IndexReader } from '../verify/index-reader.js';

/** A return with its version and all its content in short. */
export interface Content extends IndexedReturn {
  readonly content: string;
}

/** An index in memory that refuses what is older, as the real ones do. Counts what it takes. */
export class IndexDouble implements ReturnIndex, IndexReader {
  readonly documents = new Map<number, Content>();
  writes = 0;
  /** What becomes of some returns instead; taken off once it was used as often as the number says. */
  readonly faults = new Map<number, { times: number; fault: ReturnOutcome | Error }>();
  /** Awaited before anything is read. */
  beforeWrite: () => Promise<void> = async () => undefined;

  constructor(private readonly dataSource: DataSource) {}

  async writeReturns(ids: readonly number[]): Promise<{ outcomes: readonly ReturnOutcome[] }> {
    await this.beforeWrite();
    const faults = ids.flatMap((id) => this.takeFault(id));
    for (const fault of faults) if (fault instanceof Error) throw fault;
    const failed = new Map((faults as ReturnOutcome[]).map((fault) => [fault.returnId, fault]));
    const rows = new Map((await readContents(this.dataSource, ids)).map((row) => [row.id, row]));
    return { outcomes: ids.map((id) => failed.get(id) ?? this.write(id, rows.get(id))) };
  }

  async show(): Promise<void> {}

  async bucketSums(): Promise<BucketSum[]> {
    const sums = new Map<number, { bucket: number; live: number; tombstones: number; versionSum: number }>();
    for (const { id, version, deleted } of this.documents.values()) {
      const bucket = bucketOf(String(id));
      const sum = sums.get(bucket) ?? { bucket, live: 0, tombstones: 0, versionSum: 0 };
      sum[deleted ? 'tombstones' : 'live'] += 1;
      sum.versionSum += version % 1_000_000;
      sums.set(bucket, sum);
    }
    return [...sums.values()];
  }

  async bucketReturns(bucket: number): Promise<IndexedReturn[]> {
    return [...this.documents.values()].filter(({ id }) => bucketOf(String(id)) === bucket);
  }

  async find(ids: readonly number[]): Promise<IndexedReturn[]> {
    return ids.flatMap((id) => this.documents.get(id) ?? []);
  }

  private write(returnId: number, row: Content | undefined): ReturnOutcome {
    const former = this.documents.get(returnId);
    if (!row || (former && former.version > row.version)) return { returnId, outcome: 'noop' };
    this.documents.set(returnId, row);
    this.writes += 1;
    return { returnId, outcome: row.deleted ? 'tombstoned' : 'indexed' };
  }

  private takeFault(id: number): (ReturnOutcome | Error)[] {
    const planned = this.faults.get(id);
    if (!planned) return [];
    planned.times -= 1;
    if (planned.times <= 0) this.faults.delete(id);
    return [planned.fault];
  }
}

/** Returns with all that belongs to them, of one moment. Without ids: all. */
export function readContents(dataSource: DataSource, ids: readonly number[] | null): Promise<Content[]> {
  return dataSource.query(
    `SELECT r.id, r.version, r.deleted, concat_ws('|', r.courier_name, o.portal, s.location,
       (SELECT string_agg(concat(i.id, i.return_reason), ',' ORDER BY i.id) FROM return_item i WHERE i.return_id = r.id),
       (SELECT string_agg(e.status, ',' ORDER BY e.id) FROM return_event e WHERE e.return_id = r.id),
       (SELECT string_agg(t.tag, ',' ORDER BY t.tag) FROM return_tag t WHERE t.return_id = r.id)) AS content
     FROM order_return r LEFT JOIN "order" o ON o.id = r.order_id LEFT JOIN return_shipment s ON s.return_id = r.id
     WHERE $1::bigint[] IS NULL OR r.id = ANY ($1)
     UNION ALL SELECT return_id, version, true, '' FROM return_grave WHERE $1::bigint[] IS NULL OR return_id = ANY ($1)`,
    [ids],
  );
}
