import { describeWithEngines, type EngineName, restartEngine } from '@lockstep/testing';
import { beforeAll, expect, it } from 'vitest';
import { allEqual, compareWithSource } from '../revalidation/compare.js';
import { midway } from '../revalidation/midway.js';
import { plainPeople } from '../revalidation/plain-people.js';
import { loadPeople } from '../stage/people.js';
import { useStage } from '../stage/stage.js';
import { dayOfRun, endOfRun, isEnded, phaseOf, triggerSync, untilRun } from '../stage/sync-run.js';

const PEOPLE = 20_000;

describeWithEngines('an engine that is killed in the middle of a rebuild', (engines) => {
  const stage = useStage(engines, { services: ['tcs', 'integration'], settings: { ASK_AGAIN_SECONDS: '5' } });
  beforeAll(async () => {
    await loadPeople(stage, plainPeople(PEOPLE));
  });

  const pids = (): (number | undefined)[] => [stage.service('tcs').pid(), stage.service('integration').pid()];

  async function expectRightEnd(runId: string, before: (number | undefined)[]): Promise<void> {
    expect(await endOfRun(stage, runId)).toMatchObject({ state: 'succeeded', error: null });
    expect(await compareWithSource(stage, await dayOfRun(stage, runId))).toEqual(allEqual(PEOPLE));
    expect(pids()).toEqual(before);
    for (const app of ['tcs', 'integration'] as const) {
      expect((await stage.call(app, 'GET', '/health/ready')).status, app).toBe(200);
    }
  }

  const whileSending: EngineName[] = ['rabbitmq', 'postgres'];
  it.each(whileSending)('%s, while trainees are sent: the run ends right without a restart of ours', async (engine) => {
    const before = pids();
    const runId = await triggerSync(stage);
    await midway(stage, runId);
    await restartEngine(engine, engines, { kill: true });
    await expectRightEnd(runId, before);
  });

  it('elasticsearch, before the index is filled: the run waits for it and ends right', async () => {
    const before = pids();
    const source = stage.service('tcs').pid() as number;
    const runId = await triggerSync(stage);
    await midway(stage, runId);
    // The source holds the run back until the index is surely away.
    process.kill(source, 'SIGSTOP');
    const whileDown = async (): Promise<void> => {
      process.kill(source, 'SIGCONT');
      const run = await untilRun(
        stage,
        runId,
        'wants to fill the index',
        (one) => phaseOf(one, 'master').state !== 'pending',
      );
      expect(isEnded(run)).toBe(false);
    };
    try {
      await restartEngine('elasticsearch', engines, { kill: true, whileDown });
    } finally {
      process.kill(source, 'SIGCONT');
    }
    await expectRightEnd(runId, before);
  });

  it('elasticsearch, while the index is filled: the run ends right without a restart of ours', async () => {
    const before = pids();
    const runId = await triggerSync(stage);
    await midway(stage, runId, 'master');
    await restartEngine('elasticsearch', engines, { kill: true });
    await expectRightEnd(runId, before);
  });
});
