import {
  createTestDatabase,
  createTestVhost,
  describeWithEngines,
  openImportAsker,
  startService,
  type TestDatabase,
  type TestVhost,
  waitFor,
} from '@lockstep/testing';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

/** The places between two writes, the commit and the acknowledgement. */
const PLACES = ['ownership.made', 'ownership.kept', 'ownership.told', 'ownership.committed'];

describeWithEngines('an owner that is killed while it creates what an import asks for', (engines) => {
  let database: TestDatabase;
  let vhost: TestVhost;

  beforeAll(async () => {
    [database, vhost] = await Promise.all([createTestDatabase(engines), createTestVhost(engines)]);
  });

  afterAll(async () => {
    await Promise.all([database?.remove(), vhost?.remove()]);
  });

  const start = (failpoint: string) =>
    startService({
      app: 'tcs',
      env: {
        DATABASE_URL: database.url,
        RABBITMQ_URL: vhost.url,
        NODE_ENV: 'test',
        HOST: '127.0.0.1',
        LOCKSTEP_FAILPOINT: failpoint,
      },
    });

  it.each(PLACES)('at %s makes everything once and answers it after a restart', async (place) => {
    const dying = await start(place);
    const asker = await openImportAsker(vhost.url, 'tcs');
    const surnames = Array.from({ length: 20 }, (_, index) => `${place} ${index}`);
    try {
      const request = await asker.sendObjects(
        'trainee',
        surnames.map((surname) => ({ fields: { surname } })),
      );
      await waitFor(`${place} to kill the service`, () => !isAlive(dying.pid() as number));
      const next = await start('none');
      try {
        const answers = await asker.answersTo(request);
        const ids = answers.map(({ identifierIds }) => identifierIds?.['personId']);
        expect(await peopleNamed(database.url, surnames)).toEqual(
          surnames.map((surname, index) => ({ id: ids[index], surname })),
        );
      } finally {
        await next.kill('SIGTERM');
      }
    } finally {
      await dying.kill('SIGKILL');
      await asker.close();
    }
  });
});

async function peopleNamed(url: string, surnames: string[]): Promise<{ id: string; surname: string }[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const sql = `SELECT p.id::text, p.surname FROM unnest($1::text[]) WITH ORDINALITY AS s (surname, place)
                 JOIN tcs.person p USING (surname) ORDER BY s.place`;
    return (await client.query(sql, [surnames])).rows;
  } finally {
    await client.end();
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
