import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeOutdated } from '@lockstep/database';
import { describeOnEveryEngine } from '@lockstep/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { importRetention } from '../database/import-retention.js';
import { ExecutionBench } from './execution.fixture.js';
import { FileRetention } from './file-retention.js';
import { LeftoverStore } from './leftover.store.js';

describeOnEveryEngine('what ended imports leave behind', (engines) => {
  const KEEP_DAYS = 30;
  const LIMITS = { days: 90, runs: 100 };
  let bench: ExecutionBench;
  let directory: string;
  let files: FileRetention;
  let leftovers: LeftoverStore;

  beforeAll(async () => {
    bench = await ExecutionBench.open(engines, { keepFilesDays: KEEP_DAYS });
    directory = await mkdtemp(join(tmpdir(), 'lockstep-test-'));
    leftovers = new LeftoverStore(bench.dataSource);
    files = new FileRetention(bench.config, leftovers);
  });

  afterAll(async () => {
    await bench?.close();
    await rm(directory, { recursive: true, force: true });
  });

  /** A batch of two objects and a link, with a file, in this state since so many days. */
  async function aBatch(state: string, daysAgo: number): Promise<{ id: string; path: string }> {
    const objects = [1, 2].map((no) => ({ no, type: 0, action: 'create' as const }));
    const id = await bench.plan({ objects, links: [{ no: 1, child: 2, parent: 1, kind: 'dependent' }] });
    const path = join(directory, id);
    await writeFile(path, 'a file');
    await bench.dataSource.query(
      `UPDATE import_batch SET state = $2, finished_at = clock_timestamp() - $3::int * interval '1 day' WHERE id = $1`,
      [id, state, daysAgo],
    );
    await bench.dataSource.query(
      `INSERT INTO import_file (batch_id, file_no, name, import_type, bytes, sha256, path) VALUES ($1, 1, 'a', 'csv', 6, '', $2)`,
      [id, path],
    );
    return { id, path };
  }

  const count = async (table: string, id: string): Promise<number> => {
    const column = table === 'import_batch' ? 'id' : 'batch_id';
    const rows: unknown[] = await bench.dataSource.query(`SELECT FROM ${table} WHERE ${column} = $1`, [id]);
    return rows.length;
  };
  const forget = async (): Promise<void> => {
    for (const rule of importRetention({ keepFilesDays: KEEP_DAYS }))
      await removeOutdated(bench.dataSource, rule, LIMITS);
  };

  it.each(['complete', 'error', 'cancelled'])(
    'removes the files of one that is %s once their time is over',
    async (state) => {
      const [old, young] = [await aBatch(state, KEEP_DAYS + 1), await aBatch(state, KEEP_DAYS - 1)];
      await files.sweep();
      expect([old, young].map(({ path }) => existsSync(path))).toEqual([false, true]);
      // What the file was is still told.
      expect(await count('import_file', old.id)).toBe(1);
      expect(await files.sweep()).toBe(0);
    },
  );

  it('keeps the files of one that still runs, however old', async () => {
    const running = await aBatch('processingObjects', 1_000);
    await files.sweep();
    expect(existsSync(running.path)).toBe(true);
  });

  it('forgets an import that ended long ago, with all that belonged to it, and no other', async () => {
    const [old, young] = [await aBatch('complete', LIMITS.days + 1), await aBatch('complete', LIMITS.days - 1)];
    await files.sweep();
    await forget();
    const tables = ['import_batch', 'import_file', 'pending_object', 'pending_link'];
    expect(await Promise.all(tables.map((table) => count(table, old.id)))).toEqual([0, 0, 0, 0]);
    expect(await Promise.all(tables.map((table) => count(table, young.id)))).toEqual([1, 1, 2, 1]);
  });

  it('forgets what was asked of owners with the files, and not while somebody may answer', async () => {
    const [old, young] = [await aBatch('complete', KEEP_DAYS + 1), await aBatch('complete', KEEP_DAYS - 1)];
    const running = await aBatch('processingObjects', 1_000);
    const asked = [old, young, running];
    for (const { id } of asked) {
      await bench.dataSource.query(
        `INSERT INTO dispatch (batch_id, kind, service, type, items, state) VALUES ($1, 'object', 'shop', 0, '{1}', 'sent')`,
        [id],
      );
    }
    await forget();
    expect(await Promise.all(asked.map(({ id }) => count('dispatch', id)))).toEqual([0, 1, 1]);
  });

  it('keeps an import while a file of it is on the disk: nobody else would know of the file', async () => {
    const old = await aBatch('complete', LIMITS.days + 1);
    await forget();
    expect(await count('import_batch', old.id)).toBe(1);
  });

  it('drops the staged tables of a batch, and does not mind when they are gone or were never there', async () => {
    const { id } = await aBatch('error', 0);
    const table = `staged_object_${id.replaceAll('-', '')}`;
    await bench.dataSource.query(`CREATE TABLE ${table} (LIKE staged_object)`);
    for (let time = 0; time < 2; time++) await leftovers.removeStaged([id, 'not an id; DROP TABLE import_batch']);
    const [{ found }] = await bench.dataSource.query('SELECT to_regclass($1) AS found', [table]);
    expect(found).toBeNull();
  });
});
