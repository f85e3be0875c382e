import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messages } from '@lockstep/contracts';
import { buildRabbitDefinitions } from '@lockstep/messaging';
import { createTestPlaces, describeWithEngines, startService, type TestPlaces, waitFor } from '@lockstep/testing';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

const ADMIN_KEY = 'test-admin-token';

describeWithEngines('a batch whose replica is killed before it starts', (engines) => {
  let places: TestPlaces;
  let directory: string;
  let client: pg.Client;

  beforeAll(async () => {
    places = await createTestPlaces(engines);
    await places.management.importDefinitions(buildRabbitDefinitions(messages));
    directory = await mkdtemp(join(tmpdir(), 'lockstep-test-'));
    client = new pg.Client({ connectionString: places.databaseUrl });
    await client.connect();
  });

  afterAll(async () => {
    await client?.end();
    await places?.remove();
    await rm(directory, { recursive: true, force: true });
  });

  const start = (failpoint: string) =>
    startService({
      app: 'import',
      env: {
        NODE_ENV: 'test',
        ...places.env,
        LOCKSTEP_ADMIN_TOKEN: ADMIN_KEY,
        LOCKSTEP_FAILPOINT: failpoint,
        IMPORT_UPLOAD_DIR: directory,
        LEASE_SECONDS: '1',
      },
    });

  /** Objects that exist: with nobody to ask, their batch completes as soon as it starts. */
  const feed = Array.from({ length: 50 }, (_, each) =>
    JSON.stringify({ type: 'brand', ref: `B-${each}`, identifierIds: { brandId: String(each) } }),
  ).join('\n');

  it.each(['import.batch.parsing', 'import.batch.staged', 'import.batch.planning', 'import.batch.planned'])(
    'is prepared by the next one, once, after a kill at %s',
    async (failpoint) => {
      const importBatchId = randomUUID();
      const doomed = await start(failpoint);
      const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/x-ndjson' };
      const path = `/api/imports?importBatchId=${importBatchId}`;
      await fetch(doomed.url + path, { method: 'POST', headers, body: feed }).catch(() => undefined);
      await waitFor('the process to die', () => !isAlive(doomed.pid()));
      const heir = await start('');
      try {
        const state = async () => {
          const { rows } = await client.query('SELECT state, errors FROM import.import_batch WHERE id = $1', [
            importBatchId,
          ]);
          return rows[0]?.state;
        };
        await waitFor('the batch to complete', state, { until: (each) => each === 'complete' });
        const { rows } = await client.query(
          `SELECT (SELECT count(*)::int FROM import.pending_object WHERE batch_id = $1) AS objects,
           (SELECT count(*)::int FROM import.import_event WHERE batch_id = $1 AND type = 'end') AS ends,
           (SELECT objects->>'complete' FROM import.import_batch WHERE id = $1) AS complete`,
          [importBatchId],
        );
        expect(rows[0]).toEqual({ objects: 50, ends: 1, complete: '50' });
        const tables = () =>
          client.query(`SELECT 1 FROM pg_class WHERE relname ~ '^staged_(object|link)_[0-9a-f]{32}$'`);
        await waitFor('its staged tables to go', async () => (await tables()).rows.length === 0);
      } finally {
        await heir.kill('SIGTERM');
      }
    },
  );
});

function isAlive(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
}
