import { query } from './place.mjs';

/** Where the copy lies; in the place's database, and with it removed. */
export const COPY_TABLE = 'bench.document';

/**
 * Copies the master's documents, the same JSON text, into a table that nothing of ours uses, stored in the same way, and
 * answers how many there are.
 */
export async function copyMaster(place) {
  await query(place, 'CREATE SCHEMA bench');
  await query(
    place,
    `CREATE TABLE ${COPY_TABLE} (id text COLLATE "C" PRIMARY KEY, version bigint NOT NULL, deleted boolean NOT NULL, source json NOT NULL)
     WITH (toast_tuple_target = 8160)`,
  );
  await query(
    place,
    `INSERT INTO ${COPY_TABLE} SELECT gmc_number, version, deleted, source FROM integration.master_doctor ORDER BY gmc_number`,
  );
  // Else the first reader would pay for marking the rows as committed.
  await query(place, `VACUUM ANALYZE ${COPY_TABLE}`);
  const [{ documents }] = await query(place, `SELECT count(*)::int AS documents FROM ${COPY_TABLE}`);
  return documents;
}
