import { describeWithEngines, waitFor } from '@lockstep/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { useStage } from '../stage/stage.js';
import { endOfRun, triggerSync } from '../stage/sync-run.js';
import { DATA_QUEUE, SourceDouble } from './source-double.js';

const LETTERS = '/api/integration/dead-letters';

describeWithEngines('an operator with messages that integration could not read', (engines) => {
  const stage = useStage(engines, { services: [], settings: { ASK_AGAIN_SECONDS: '2' } });
  let source: SourceDouble;
  let runId: string;
  let ids: number[];

  beforeAll(async () => {
    source = await SourceDouble.join(stage);
    await Promise.all((['integration', 'recommendation', 'connection'] as const).map((app) => stage.start(app)));
    const command = await source.nextCommand(await triggerSync(stage));
    runId = command.runId;
    for (const body of ['{', '[', '{"runId": 1}']) await source.sendBody(body, { runId });
    await source.sendEnd(command, 0, 0);
    await endOfRun(stage, runId);
    const page = await waitFor('the letters', () => list(`?runId=${runId}`), { until: ({ total }) => total === 3 });
    ids = page.items.map(({ id }) => id);
  });
  afterAll(() => source?.leave());

  async function list(
    query: string,
  ): Promise<{ total: number; items: { id: number; state: string; cause: string }[] }> {
    const { status, body } = await stage.call('integration', 'GET', LETTERS + query);
    expect(status, JSON.stringify(body)).toBe(200);
    return body as Awaited<ReturnType<typeof list>>;
  }

  it('sees them in groups, and each with its reason', async () => {
    const { body } = await stage.call('integration', 'GET', `${LETTERS}/causes?runId=${runId}`);
    const { items } = body as { items: { cause: string; count: number; queue: string }[] };
    expect(items.map(({ cause, count }) => [cause, count])).toEqual([
      ['UNREADABLE_JSON', 2],
      ['SCHEMA_MISMATCH', 1],
    ]);
    expect(items[0]).toMatchObject({ queue: DATA_QUEUE, state: 'parked' });
    expect((await list(`?cause=SCHEMA_MISMATCH&runId=${runId}`)).total).toBe(1);
    const { body: letter } = await stage.call('integration', 'GET', `${LETTERS}/${ids[0]}`);
    expect(letter).toMatchObject({ id: ids[0], queue: DATA_QUEUE, state: 'parked', reason: expect.any(String) });
  });

  it('is told how many a replay would send, and replays none by that', async () => {
    const selection = { runId, cause: 'UNREADABLE_JSON', dryRun: true, ratePerSecond: 2 };
    const { status, body } = await stage.call('integration', 'POST', `${LETTERS}/replay`, { body: selection });
    expect([status, body]).toEqual([202, { matching: 2, changed: 0, dryRun: true, seconds: 1 }]);
    expect((await list(`?runId=${runId}&state=parked`)).total).toBe(3);
  });

  it('replays them, and finds them again when they die again', async () => {
    const selection = { runId, cause: 'UNREADABLE_JSON' };
    const { status, body } = await stage.call('integration', 'POST', `${LETTERS}/replay`, { body: selection });
    expect([status, body]).toMatchObject([202, { matching: 2, changed: 2 }]);
    await waitFor('both to die again', async () => {
      const { items } = await list(`?runId=${runId}&cause=UNREADABLE_JSON&state=parked`);
      return items.length === 2 && items.every((item) => (item as { replays?: number }).replays === 1);
    });
  });

  it('discards one, after which nothing more can be done about it', async () => {
    expect((await stage.call('integration', 'DELETE', `${LETTERS}/${ids[0]}`)).status).toBe(204);
    const again = await stage.call('integration', 'POST', `${LETTERS}/${ids[0]}/replay`);
    expect([again.status, again.body]).toMatchObject([409, { code: 'DEAD_LETTER_NOT_WAITING', state: 'discarded' }]);
    expect((await stage.call('integration', 'DELETE', `${LETTERS}/999999`)).status).toBe(404);
    expect((await stage.call('integration', 'POST', `${LETTERS}/none/replay`)).status).toBe(404);
  });

  it('cannot mean all of them by saying nothing', async () => {
    for (const [method, path] of [
      ['POST', '/replay'],
      ['POST', '/replay/cancel'],
      ['DELETE', ''],
    ] as const) {
      const { status, body } = await stage.call('integration', method, LETTERS + path, { body: {} });
      expect([status, body], path).toMatchObject([400, { code: 'VALIDATION_FAILED' }]);
    }
    expect((await list(`?runId=${runId}&state=parked`)).total).toBe(2);
  });

  it('finds every change in the audit', async () => {
    const rows = await stage.query<{ done: string }>(
      `SELECT DISTINCT method || ' ' || route AS done FROM access.audit WHERE status < 300 AND route LIKE '%dead-letters%'`,
    );
    expect(rows.map(({ done }) => done).sort()).toEqual([`DELETE ${LETTERS}/:id`, `POST ${LETTERS}/replay`]);
  });
});
