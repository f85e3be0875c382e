import type { Authority, BucketSum, IndexRow } from '@lockstep/search';
import type { DataSource } from 'typeorm';
import { type AggregatesStore } from './aggregates.store.js';
import type { HashPersonal } from './hash-personal.js';
import { makeRows } from './indexed-returns.js';
import { toIndexRow } from './search-index.target.js';

/** What an authority is made of. */
export interface AuthorityParts {
  readonly dataSource: DataSource;
  readonly aggregates: AggregatesStore;
  readonly hash: HashPersonal;
  /** Returns that the index is known to refuse. */
  readonly refused: readonly number[];
}

/** Every return that a copy should know, tombstones and graves included. */
const ALL = `(
  SELECT id, version, deleted, get_byte(sha256(convert_to(id::text, 'UTF8')), 0) AS bucket FROM order_return
  UNION ALL
  SELECT return_id, version, true, get_byte(sha256(convert_to(return_id::text, 'UTF8')), 0) FROM return_grave
) known`;

/** PostgreSQL's side when an index is compared with it. */
export function returnAuthority({ dataSource, aggregates, hash, refused }: AuthorityParts): Authority {
  const rowsOf = async (ids: readonly number[]): Promise<IndexRow[]> => {
    const found = await aggregates.read(ids);
    const graves = await aggregates.graves(ids);
    return [...makeRows(found, hash).rows, ...graves.map(({ id, version }) => ({ id, version, document: null }))].map(
      toIndexRow,
    );
  };
  const idsWhere = async (rest: string, values: readonly unknown[]): Promise<number[]> => {
    const rows: { id: number }[] = await dataSource.query(
      `SELECT id FROM ${ALL} WHERE NOT id = ANY ($1::bigint[]) AND ${rest}`,
      [refused, ...values],
    );
    return rows.map(({ id }) => id);
  };
  return {
    bucketSums: (): Promise<BucketSum[]> =>
      dataSource.query(
        `SELECT bucket, count(*) FILTER (WHERE NOT deleted)::float8 AS live,
                count(*) FILTER (WHERE deleted)::float8 AS tombstones, sum(version % 1000000)::float8 AS "versionSum"
         FROM ${ALL} WHERE NOT id = ANY ($1::bigint[]) GROUP BY bucket`,
        [refused],
      ),
    rowsOfBucket: async (bucket) => rowsOf(await idsWhere('bucket = $2', [bucket])),
    sample: async (size) => rowsOf(await idsWhere('true ORDER BY random() LIMIT $2', [size])),
  };
}
