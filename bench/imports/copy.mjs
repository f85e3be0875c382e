import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import copyStreams from 'pg-copy-streams';
import { query } from '../sync/place.mjs';

const TABLES = ['pending_object', 'pending_link'];

/** The rows that an import has left, by COPY into empty tables with the same indexes, one after the other: the least it could take. */
export async function measureCopy(place, importBatchId) {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-bench-'));
  const client = new pg.Client({ connectionString: place.databaseUrl });
  await client.connect();
  try {
    let seconds = 0;
    let rows = 0;
    for (const table of TABLES) {
      const file = join(folder, table);
      await query(place, `CREATE TABLE import.copied_${table} (LIKE import.${table} INCLUDING ALL)`);
      const select = `SELECT * FROM import.${table} WHERE batch_id = '${importBatchId}'`;
      await pipeline(client.query(copyStreams.to(`COPY (${select}) TO STDOUT`)), createWriteStream(file));
      const startedAt = performance.now();
      const copy = client.query(copyStreams.from(`COPY import.copied_${table} FROM STDIN`));
      await pipeline(createReadStream(file), copy);
      seconds += (performance.now() - startedAt) / 1_000;
      rows += copy.rowCount;
      await query(place, `DROP TABLE import.copied_${table}`);
    }
    return { seconds, rows };
  } finally {
    await client.end();
    await rm(folder, { recursive: true, force: true });
  }
}
