import { describeWithEngines, waitFor } from '@lockstep/testing';
import { beforeAll, expect, it } from 'vitest';
import { loadPeople } from '../stage/people.js';
import { useStage } from '../stage/stage.js';
import { dayOfRun, endOfRun, isEnded, readRun, triggerSync } from '../stage/sync-run.js';
import { allEqual, compareWithSource } from './compare.js';
import { withBrake } from './midway.js';
import { plainPeople } from './plain-people.js';

const PEOPLE = 8_000;
const DATA_QUEUE = 'reval.queue.connection.syncdata';

describeWithEngines('a broker that fails in the middle of a rebuild', (engines) => {
  const stage = useStage(engines, { services: ['tcs', 'integration'], settings: { ASK_AGAIN_SECONDS: '2' } });
  beforeAll(async () => {
    await loadPeople(stage, plainPeople(PEOPLE));
  });

  const pids = (): (number | undefined)[] => [stage.service('tcs').pid(), stage.service('integration').pid()];

  it('closes every connection: the run ends right without a restart of ours', async () => {
    const before = pids();
    let runId = '';
    await withBrake(stage, 'trainees', async (brake) => {
      runId = await triggerSync(stage);
      await brake.midway(runId);
      expect(await stage.rabbit.closeConnections()).toBeGreaterThanOrEqual(2);
      expect(isEnded(await readRun(stage, runId))).toBe(false);
    });
    expect(await endOfRun(stage, runId)).toMatchObject({ state: 'succeeded', error: null });
    expect(await compareWithSource(stage, await dayOfRun(stage, runId))).toEqual(allEqual(PEOPLE));
    expect(pids()).toEqual(before);
  });

  it('loses the data queue with what waits in it: lost batches are asked for again, without a restart of ours', async () => {
    const before = pids();
    let runId = '';
    // Held, so that batches are waiting in the queue when it goes: more than its consumer takes ahead.
    await withBrake(stage, 'trainees', async (brake) => {
      runId = await triggerSync(stage);
      await brake.midway(runId);
      const waiting = async (): Promise<number | undefined> =>
        (await stage.rabbit.queues()).find(({ name }) => name === DATA_QUEUE)?.messages_ready;
      await waitFor('batches to wait in the queue', waiting, { until: (ready) => (ready ?? 0) > 0 });
      await stage.rabbit.deleteQueue(DATA_QUEUE);
    });
    expect(await endOfRun(stage, runId)).toMatchObject({ state: 'succeeded', error: null });
    const [phase] = await stage.query<{ asks: number }>(
      `SELECT asks FROM integration.sync_phase WHERE run_id = $1 AND name = 'trainees'`,
      [runId],
    );
    expect(phase?.asks).toBeGreaterThanOrEqual(1);
    expect(await compareWithSource(stage, await dayOfRun(stage, runId))).toEqual(allEqual(PEOPLE));
    expect(pids()).toEqual(before);
  });

  it('loses the command queue before the command is taken: the run is asked for again', async () => {
    await stage.stop('tcs', 'SIGTERM');
    const runId = await triggerSync(stage);
    const waiting = async (): Promise<number | undefined> =>
      (await stage.rabbit.queues()).find(({ name }) => name === 'reval.queue.connection.syncstart')?.messages_ready;
    // The interface counts every few seconds; by then the run may have asked again.
    await waitFor('the command to wait in its queue', waiting, {
      timeoutMs: 60_000,
      until: (ready) => (ready ?? 0) >= 1,
    });
    await stage.rabbit.deleteQueue('reval.queue.connection.syncstart');
    await stage.start('tcs');
    expect(await endOfRun(stage, runId)).toMatchObject({ state: 'succeeded', error: null });
    expect(await compareWithSource(stage, await dayOfRun(stage, runId))).toEqual(allEqual(PEOPLE));
  });
});
