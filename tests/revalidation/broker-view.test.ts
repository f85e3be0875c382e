import { hostname } from 'node:os';
import { describeWithEngines, type ManagedQueue, waitFor } from '@lockstep/testing';
import { beforeAll, expect, it } from 'vitest';
import { loadPeople } from '../stage/people.js';
import { type App, useStage } from '../stage/stage.js';
import { endOfRun, isEnded, readRun, triggerSync } from '../stage/sync-run.js';
import { withBrake } from './midway.js';
import { plainPeople } from './plain-people.js';

const PEOPLE = 8_000;

/** The flows an operator expects to find, letter for letter: queue, its key on `reval.exchange`, messages a rebuild sends. */
const FLOWS: readonly { queue: string; key: string; aRebuild: number }[] = [
  { queue: 'reval.queue.connection.syncstart', key: 'reval.connection.syncstart', aRebuild: 1 },
  { queue: 'reval.queue.connection.syncdata', key: 'reval.connection.syncdata', aRebuild: PEOPLE / 200 + 1 },
  { queue: 'reval.queue.recommendation.syncstart', key: 'reval.recommendation.syncstart', aRebuild: 1 },
  {
    queue: 'reval.queue.revalidationsummary.essync.integration',
    key: 'reval.routingkey.revalidationsummary.essync',
    aRebuild: 1,
  },
  ...['recommendation', 'connection'].map((service) => ({
    queue: `reval.queue.indexrebuildgetmastercommand.requested.${service}`,
    key: 'reval.indexrebuildgetmastercommand.requested',
    aRebuild: 1,
  })),
  { queue: 'reval.queue.indexrebuild.reported.integration', key: 'reval.indexrebuild.reported', aRebuild: 2 },
  { queue: 'reval.queue.indexrebuild.needed.integration', key: 'reval.indexrebuild.needed', aRebuild: 0 },
  { queue: 'reval.queue.tcsdoctorinfo.updated.integration', key: 'reval.connection.update', aRebuild: 0 },
  {
    queue: 'reval.queue.revalidationsummary.updated.integration',
    key: 'reval.revalidationsummary.updated',
    aRebuild: 0,
  },
  ...['recommendation', 'connection'].map((service) => ({
    queue: `reval.queue.masterdoctorview.updated.${service}`,
    key: 'reval.masterdoctorview.updated',
    aRebuild: 0,
  })),
];
const RETRIES = ['1s', '10s', '1m', '10m'];

/** What the management interface adds once messages have passed. */
interface QueueWithStats extends ManagedQueue {
  message_stats?: { publish?: number; deliver?: number; ack?: number };
}

describeWithEngines('the RabbitMQ management interface during a rebuild', (engines) => {
  const stage = useStage(engines, { services: ['tcs', 'integration'] });
  beforeAll(async () => {
    await loadPeople(stage, plainPeople(PEOPLE));
  });

  async function queue(name: string): Promise<QueueWithStats> {
    const found = (await stage.rabbit.queues()).find((one) => one.name === name);
    if (!found) throw new Error(`there is no queue ${name}`);
    return found;
  }

  it('shows each queue durable and of type quorum, with its dead letters and retries, and no other', async () => {
    // `tcs` has queues of imports too.
    const queues = (await stage.rabbit.queues()).filter(({ name }) => name.startsWith('reval.'));
    const expected = FLOWS.flatMap(({ queue }) => [
      queue,
      `${queue}.dead`,
      ...RETRIES.map((delay) => `${queue}.retry.${delay}`),
    ]);
    expect(queues.map(({ name }) => name).sort()).toEqual(expected.sort());
    expect(queues.filter(({ type, durable }) => type !== 'quorum' || !durable)).toEqual([]);
  });

  it('shows each queue bound by exactly its key', async () => {
    const bindings = (await stage.rabbit.bindings()).filter(({ source }) => source === 'reval.exchange');
    expect(bindings.map(({ source, routing_key, destination }) => [source, routing_key, destination]).sort()).toEqual(
      FLOWS.map(({ queue, key }) => ['reval.exchange', key, queue]).sort(),
    );
  });

  it('shows every service by name, and their messages going through, while the run runs', async () => {
    const before = await Promise.all(FLOWS.map(({ queue: name }) => queue(name)));
    const named = (app: App): string => `${app}@${hostname()}:${stage.service(app).pid()}`;
    const expected = (['connection', 'integration', 'recommendation', 'tcs'] as const).map(named);
    let runId = '';
    await withBrake(stage, 'trainees', async (brake) => {
      runId = await triggerSync(stage);
      await brake.midway(runId);
      const seen = await waitFor(
        'the services to be named while the run runs',
        async () => {
          const connections = await stage.rabbit.connections();
          const names = connections.map(({ client_properties }) => String(client_properties['connection_name']));
          return { names: [...new Set(names)].sort(), isRunning: !isEnded(await readRun(stage, runId)) };
        },
        { until: ({ names, isRunning }) => !isRunning || names.length === expected.length },
      );
      expect(seen).toEqual({ names: expected, isRunning: true });
    });
    expect((await endOfRun(stage, runId)).state).toBe('succeeded');
    for (const [place, { queue: name, aRebuild }] of FLOWS.entries()) {
      const growth = async (): Promise<{ published: number; delivered: number }> => {
        const [then, now] = [before[place]?.message_stats, (await queue(name)).message_stats];
        return {
          published: (now?.publish ?? 0) - (then?.publish ?? 0),
          delivered: (now?.deliver ?? 0) - (then?.deliver ?? 0),
        };
      };
      // The plugin's numbers are a few seconds old.
      await waitFor(`${aRebuild} messages through ${name}`, growth, {
        until: ({ published, delivered }) => published >= aRebuild && delivered >= aRebuild,
      });
    }
  });

  it('shows a consumer on each queue and nothing waiting, retried or dead afterwards', async () => {
    const idle = async (): Promise<string[]> =>
      (await stage.rabbit.queues())
        .filter(
          ({ name, consumers, messages }) =>
            messages !== 0 || (FLOWS.some((flow) => flow.queue === name) && !consumers),
        )
        .map(({ name, consumers, messages }) => `${name}: ${messages} messages, ${consumers} consumers`);
    await waitFor('all queues to be idle and consumed', idle, {
      until: (busy) => busy.length === 0,
    });
  });
});
