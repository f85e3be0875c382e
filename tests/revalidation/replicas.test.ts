import { describeWithEngines, type RunningService, startService } from '@lockstep/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadPeople } from '../stage/people.js';
import { useStage } from '../stage/stage.js';
import { dayOfRun, endOfRun, triggerSync } from '../stage/sync-run.js';
import { allEqual, compareWithSource } from './compare.js';
import { withBrake } from './midway.js';
import { plainPeople } from './plain-people.js';

const PEOPLE = 6_000;

describeWithEngines('two replicas of the source and of the integration', (engines) => {
  const stage = useStage(engines, { services: ['tcs', 'integration'], settings: { LEASE_SECONDS: '2' } });
  const seconds = new Map<'tcs' | 'integration', RunningService>();
  beforeAll(async () => {
    for (const app of ['tcs', 'integration'] as const) seconds.set(app, await startService({ app, env: stage.env() }));
    await loadPeople(stage, plainPeople(PEOPLE));
  });
  afterAll(() => Promise.all([...seconds.values()].map((service) => service.kill('SIGKILL'))));

  it('share one run, and every person arrives once', async () => {
    const runId = await triggerSync(stage);
    const run = await endOfRun(stage, runId);
    expect(run).toMatchObject({ state: 'succeeded', error: null });
    expect(run.phases[0]).toMatchObject({ name: 'trainees', expected: PEOPLE, received: PEOPLE, written: PEOPLE });
    expect(await compareWithSource(stage, await dayOfRun(stage, runId))).toEqual(allEqual(PEOPLE));
  });

  it('start and take requests side by side: the second of two triggers meets the run of the first', async () => {
    const second = seconds.get('integration') as RunningService;
    await loadPeople(stage, plainPeople(20, { surname: 'Renamed' }));
    const trigger = (url: string): Promise<Response> =>
      fetch(`${url}/api/sync`, { method: 'POST', headers: { authorization: `Bearer ${stage.adminToken}` } });
    // Without its source the run cannot end before the second trigger comes, however slow this machine is.
    const sources = [stage.service('tcs'), seconds.get('tcs') as RunningService].map((each) => each.pid() as number);
    const signalSources = (signal: NodeJS.Signals): void => {
      for (const pid of sources) process.kill(pid, signal);
    };
    signalSources('SIGSTOP');
    let answers: Response[];
    try {
      answers = await Promise.all([trigger(stage.service('integration').url), trigger(second.url)]);
    } finally {
      signalSources('SIGCONT');
    }
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409]);
    const [first, other] = (await Promise.all(answers.map((answer) => answer.json()))) as { runId: string }[];
    expect(first?.runId).toBe(other?.runId);
    expect((await endOfRun(stage, first?.runId as string)).state).toBe('succeeded');
  });

  it('go on without those that are killed in the middle of the run, and without anybody starting them again', async () => {
    let runId = '';
    await withBrake(stage, 'trainees', async (brake) => {
      runId = await triggerSync(stage);
      await brake.midway(runId);
      await Promise.all(
        (['tcs', 'integration'] as const).map((app) => (seconds.get(app) as RunningService).kill('SIGKILL')),
      );
    });
    expect(await endOfRun(stage, runId)).toMatchObject({ state: 'succeeded', error: null });
    expect(await compareWithSource(stage, await dayOfRun(stage, runId))).toEqual(allEqual(PEOPLE));
  });

  it('are replaced one after the other by SIGTERM in the middle of a run, as a deployment does', async () => {
    let runId = '';
    await withBrake(stage, 'trainees', async (brake) => {
      runId = await triggerSync(stage);
      await brake.midway(runId);
    });
    for (const app of ['tcs', 'integration'] as const) {
      expect(await stage.service(app).kill('SIGTERM'), app).toBe(0);
      await stage.start(app);
    }
    expect(await endOfRun(stage, runId)).toMatchObject({ state: 'succeeded', error: null });
    expect(await compareWithSource(stage, await dayOfRun(stage, runId))).toEqual(allEqual(PEOPLE));
    expect(await stage.query('SELECT queue, reason FROM integration.dead_letter')).toEqual([]);
  });
});
