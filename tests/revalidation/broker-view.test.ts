import { hostname } from 'node:os';
import { describeWithEngines, type ManagedQueue, waitFor } from '@lockstep/testing';
import { beforeAll, expect, it } from 'vitest';
import { loadPeople } from '../stage/people.js';
import { type App, useStage } from '../stage/stage.js';
import { endOfRun, isEnded, readRun, triggerSync } from '../stage/sync-run.js';
import { plainPeople } from './plain-people.js';

/** The flows an operator expects to find, letter for letter: queue, its key on `reval.exchange`, who consumes it. */
const FLOWS: readonly { queue: string; key: string; consumer: App }[] = [
  { queue: 'reval.queue.connection.syncstart', key: 'reval.connection.syncstart', consumer: 'tcs' },
  { queue: 'reval.queue.connection.syncdata', key: 'reval.connection.syncdata', consumer: 'integration' },
];
const RETRIES = ['1s', '10s', '1m', '10m'];
const PEOPLE = 20_000;

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
    const queues = await stage.rabbit.queues();
    const expected = FLOWS.flatMap(({ queue }) => [
      queue,
      `${queue}.dead`,
      ...RETRIES.map((delay) => `${queue}.retry.${delay}`),
    ]);
    expect(queues.map(({ name }) => name).sort()).toEqual(expected.sort());
    expect(queues.filter(({ type, durable }) => type !== 'quorum' || !durable)).toEqual([]);
  });

  it('shows each queue bound by exactly its key', async () => {
    const bindings = await stage.rabbit.bindings();
    expect(bindings.map(({ source, routing_key, destination }) => [source, routing_key, destination]).sort()).toEqual(
      FLOWS.map(({ queue, key }) => ['reval.exchange', key, queue]).sort(),
    );
  });

  it('shows both services by name, and their messages going through, while the run runs', async () => {
    const before = await Promise.all(FLOWS.map(({ queue: name }) => queue(name)));
    const runId = await triggerSync(stage);
    const named = (app: App): string => `${app}@${hostname()}:${stage.service(app).pid()}`;
    const expected = [named('integration'), named('tcs')];
    const seen = await waitFor(
      'the services to be named while the run runs',
      async () => {
        const connections = await stage.rabbit.connections();
        const names = new Set(connections.map(({ client_properties }) => String(client_properties['connection_name'])));
        return { names: [...names].sort(), isRunning: !isEnded(await readRun(stage, runId)) };
      },
      { until: ({ names, isRunning }) => !isRunning || names.length === expected.length },
    );
    expect(seen).toEqual({ names: expected, isRunning: true });
    expect((await endOfRun(stage, runId)).state).toBe('succeeded');
    for (const [place, { queue: name }] of FLOWS.entries()) {
      const growth = async (): Promise<[published: number, delivered: number, left: number]> => {
        const now = await queue(name);
        const [then, stats] = [before[place]?.message_stats, now.message_stats];
        return [
          (stats?.publish ?? 0) - (then?.publish ?? 0),
          (stats?.deliver ?? 0) - (then?.deliver ?? 0),
          now.messages ?? Number.NaN,
        ];
      };
      const wanted = name.endsWith('syncdata') ? PEOPLE / 200 + 1 : 1;
      // The plugin's numbers are a few seconds old.
      const [published, delivered, left] = await waitFor(`the counters of ${name}`, growth, {
        timeoutMs: 30_000,
        until: ([out, into, rest]) => out >= wanted && into >= wanted && rest === 0,
      });
      expect([published, delivered, left], name).toEqual([wanted, wanted, 0]);
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
      timeoutMs: 30_000,
      until: (busy) => busy.length === 0,
    });
  });
});
