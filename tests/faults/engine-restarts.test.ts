import { describeWithEngines, type EngineName, restartEngine, waitFor } from '@lockstep/testing';
import { beforeAll, expect, it } from 'vitest';
import { allEqual, compareWithSource } from '../revalidation/compare.js';
import { withBrake } from '../revalidation/midway.js';
import { plainPeople } from '../revalidation/plain-people.js';
import { loadPeople } from '../stage/people.js';
import { useStage } from '../stage/stage.js';
import { dayOfRun, endOfRun, isEnded, phaseOf, triggerSync, untilRun } from '../stage/sync-run.js';

const PEOPLE = 8_000;

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
      const ready = async () => (await stage.call(app, 'GET', '/health/ready')).status === 200;
      await waitFor(`${app} to be ready`, ready);
    }
  }

  const whileSending: EngineName[] = ['rabbitmq', 'postgres'];
  it.each(whileSending)('%s, while trainees are sent: the run ends right without a restart of ours', async (engine) => {
    const before = pids();
    let runId = '';
    await withBrake(stage, 'trainees', async (brake) => {
      runId = await triggerSync(stage);
      await brake.midway(runId);
      await restartEngine(engine, engines, { kill: true, whileDown: brake.release });
    });
    await expectRightEnd(runId, before);
  });

  it('elasticsearch, before the index is filled: the run waits for it and ends right', async () => {
    const before = pids();
    let runId = '';
    await withBrake(stage, 'trainees', async (brake) => {
      runId = await triggerSync(stage);
      await brake.midway(runId);
      const whileDown = async (): Promise<void> => {
        // Not before: the index must surely be away.
        await brake.release();
        const run = await untilRun(
          stage,
          runId,
          'wants to fill the index',
          (one) => phaseOf(one, 'master').state !== 'pending',
        );
        expect(isEnded(run)).toBe(false);
      };
      await restartEngine('elasticsearch', engines, { kill: true, whileDown });
    });
    await expectRightEnd(runId, before);
  });

  it('elasticsearch, while the index is filled: the run ends right without a restart of ours', async () => {
    const before = pids();
    let runId = '';
    await withBrake(stage, 'master', async (brake) => {
      runId = await triggerSync(stage);
      await brake.midway(runId);
      await restartEngine('elasticsearch', engines, { kill: true, whileDown: brake.release });
    });
    await expectRightEnd(runId, before);
  });
});
