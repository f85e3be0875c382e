import { randomUUID } from 'node:crypto';
import { describeWithEngines } from '@lockstep/testing';
import { beforeAll, expect, it } from 'vitest';
import { loadPeople } from '../stage/people.js';
import { useStage } from '../stage/stage.js';
import { dayOfRun, endOfRun, type RunView, triggerSync } from '../stage/sync-run.js';
import { allEqual, compareWithSource } from './compare.js';
import { plainPeople } from './plain-people.js';

interface Trigger {
  runId: string;
  state?: string;
  code?: string;
}

describeWithEngines('a second trigger', (engines) => {
  const stage = useStage(engines, { services: ['tcs', 'integration'] });
  beforeAll(async () => {
    await loadPeople(stage, plainPeople(300));
  });

  function trigger(key?: string): ReturnType<typeof stage.call<Trigger>> {
    return stage.call<Trigger>('integration', 'POST', '/api/sync', key ? { headers: { 'idempotency-key': key } } : {});
  }

  async function runs(): Promise<RunView[]> {
    const { body } = await stage.call<{ items: RunView[] }>('integration', 'GET', '/api/sync/runs?pageSize=200');
    return body.items;
  }

  it('gets 409 with the id of the running one, which ends as if nobody had asked', async () => {
    // Without its source the run cannot end before the second trigger comes, however slow this machine is.
    await stage.stop('tcs', 'SIGTERM');
    const runId = await triggerSync(stage);
    const second = await trigger();
    expect(second.status).toBe(409);
    expect(second.body).toMatchObject({ code: 'SYNC_ALREADY_RUNNING', runId, status: 409 });
    expect(second.headers.get('content-type')).toContain('application/problem+json');
    expect(second.headers.get('location')).toBe(`/api/sync/runs/${runId}`);
    await stage.start('tcs');
    const run = await endOfRun(stage, runId);
    expect(run.state).toBe('succeeded');
    expect(await compareWithSource(stage, await dayOfRun(stage, runId))).toEqual(allEqual(300));
  });

  it('makes exactly one run of twenty that come at once', async () => {
    await stage.stop('tcs', 'SIGTERM');
    const before = (await runs()).length;
    const answers = await Promise.all(Array.from({ length: 20 }, () => trigger()));
    const accepted = answers.filter(({ status }) => status === 202);
    const refused = answers.filter(({ status }) => status === 409);
    expect([accepted.length, refused.length]).toEqual([1, 19]);
    const runId = accepted[0]?.body.runId as string;
    expect(new Set(refused.map(({ body }) => `${body.code} ${body.runId}`))).toEqual(
      new Set([`SYNC_ALREADY_RUNNING ${runId}`]),
    );
    expect((await runs()).length).toBe(before + 1);
    await stage.start('tcs');
    expect((await endOfRun(stage, runId)).state).toBe('succeeded');
  });

  it('gets the same run for the same Idempotency-Key, while it runs, at once and after it ended', async () => {
    await stage.stop('tcs', 'SIGTERM');
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 10 }, () => trigger(key)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
    expect(new Set(answers.map(({ body }) => body.runId)).size).toBe(1);
    const runId = answers[0]?.body.runId as string;
    expect((await trigger(randomUUID())).body).toMatchObject({ code: 'SYNC_ALREADY_RUNNING', runId });
    await stage.start('tcs');
    await endOfRun(stage, runId);
    const later = await trigger(key);
    expect([later.status, later.body]).toEqual([202, { runId, state: 'succeeded' }]);
    expect((await runs())[0]?.runId).toBe(runId);
  });

  it('may start a new run once a cancelled one has ended, and the old index keeps serving', async () => {
    const served = await stage.index.targets();
    await stage.stop('tcs', 'SIGTERM');
    const runId = await triggerSync(stage);
    const cancelled = await stage.call('integration', 'POST', `/api/sync/runs/${runId}/cancel`);
    expect(cancelled.status).toBe(202);
    expect((await endOfRun(stage, runId)).state).toBe('cancelled');
    expect(await stage.index.targets()).toEqual(served);
    expect(await stage.index.count('masterdoctorindex')).toBe(300);
    await stage.start('tcs');
    const next = await endOfRun(stage, await triggerSync(stage));
    expect(next.state).toBe('succeeded');
    expect(await compareWithSource(stage, await dayOfRun(stage, next.runId))).toEqual(allEqual(300));
  });
});
