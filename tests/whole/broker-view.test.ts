import { describeWithEngines, type ManagedQueue, waitFor } from '@lockstep/testing';
import { beforeAll, expect, it } from 'vitest';
import { plainPeople } from '../revalidation/plain-people.js';
import { loadPeople } from '../stage/people.js';
import { type App, useStage } from '../stage/stage.js';
import { endOfRun, triggerSync } from '../stage/sync-run.js';
import { changeDoctor, changePerson } from './changes.js';
import { plainDoctors } from './plain-doctors.js';
import { loadGmcDoctors } from './sources.js';

/** What an operator finds, letter for letter: queue, its key on `reval.exchange`, whose consumers take from it. */
const FLOWS: readonly (readonly [queue: string, key: string, consumer: App])[] = [
  ['reval.queue.connection.syncstart', 'reval.connection.syncstart', 'tcs'],
  ['reval.queue.connection.syncdata', 'reval.connection.syncdata', 'integration'],
  ['reval.queue.recommendation.syncstart', 'reval.recommendation.syncstart', 'recommendation'],
  ['reval.queue.revalidationsummary.essync.integration', 'reval.routingkey.revalidationsummary.essync', 'integration'],
  [
    'reval.queue.indexrebuildgetmastercommand.requested.recommendation',
    'reval.indexrebuildgetmastercommand.requested',
    'recommendation',
  ],
  [
    'reval.queue.indexrebuildgetmastercommand.requested.connection',
    'reval.indexrebuildgetmastercommand.requested',
    'connection',
  ],
  ['reval.queue.indexrebuild.reported.integration', 'reval.indexrebuild.reported', 'integration'],
  ['reval.queue.indexrebuild.needed.integration', 'reval.indexrebuild.needed', 'integration'],
  ['reval.queue.tcsdoctorinfo.updated.integration', 'reval.connection.update', 'integration'],
  ['reval.queue.revalidationsummary.updated.integration', 'reval.revalidationsummary.updated', 'integration'],
  ['reval.queue.masterdoctorview.updated.recommendation', 'reval.masterdoctorview.updated', 'recommendation'],
  ['reval.queue.masterdoctorview.updated.connection', 'reval.masterdoctorview.updated', 'connection'],
];
/** Used only when an index was lost, or made by another version of its service. */
const QUIET = 'reval.queue.indexrebuild.needed.integration';
const EXCHANGE = 'reval.exchange';
const APPS: readonly App[] = ['tcs', 'integration', 'recommendation', 'connection'];
const PEOPLE = 1_000;
/** The plugin's figures are a few seconds old. */
const FIGURES_LIMIT_MS = 60_000;

/** What the management interface adds once messages have passed. */
interface QueueWithStats extends ManagedQueue {
  message_stats?: { publish?: number; deliver?: number; ack?: number };
}

/** `tcs` has queues of imports too. */
function isOfSync({ name }: ManagedQueue): boolean {
  return name.startsWith('reval.');
}

interface Counters {
  published: number;
  delivered: number;
  acked: number;
}

describeWithEngines('the RabbitMQ management interface during a sync of all four services', (engines) => {
  const stage = useStage(engines, { services: [...APPS] });
  beforeAll(async () => {
    await loadPeople(stage, plainPeople(PEOPLE));
    await loadGmcDoctors(stage, plainDoctors(PEOPLE));
  });

  async function countersOf(name: string): Promise<Counters> {
    const queues: QueueWithStats[] = await stage.rabbit.queues();
    const { publish = 0, deliver = 0, ack = 0 } = queues.find((one) => one.name === name)?.message_stats ?? {};
    return { published: publish, delivered: deliver, acked: ack };
  }

  it('binds every queue of the four services by exactly its key to reval.exchange, and nothing else', async () => {
    const bindings = (await stage.rabbit.bindings())
      .filter(({ source }) => source === EXCHANGE)
      .map(({ source, routing_key, destination, destination_type }) =>
        [source, routing_key, destination, destination_type].join(' '),
      );
    expect(bindings.sort()).toEqual(FLOWS.map(([queue, key]) => [EXCHANGE, key, queue, 'queue'].join(' ')).sort());
  });

  it('has each queue, and the queues of its dead letters and retries, durable and replicated, and no others', async () => {
    const queues = (await stage.rabbit.queues()).filter(isOfSync);
    const mains = queues.map(({ name }) => name).filter((name) => !/\.(dead|retry\.\w+)$/.test(name));
    expect(mains.sort()).toEqual(FLOWS.map(([queue]) => queue).sort());
    for (const [queue] of FLOWS) {
      const own = queues.filter(({ name }) => name.startsWith(`${queue}.`)).map(({ name }) => name);
      expect(own, queue).toContain(`${queue}.dead`);
      expect(own.length, queue).toBe(5);
    }
    expect(queues.filter(({ type, durable }) => type !== 'quorum' || !durable)).toEqual([]);
  });

  it('counts messages through every queue of a sync during one with live changes, and leaves none behind', async () => {
    const before = new Map<string, Counters>();
    for (const [queue] of FLOWS) before.set(queue, await countersOf(queue));
    const runId = await triggerSync(stage);
    await changePerson(stage, 1, 'During the sync');
    await changeDoctor(stage, 2, 'During the sync');
    expect((await endOfRun(stage, runId)).state).toBe('succeeded');
    for (const [queue] of FLOWS) {
      if (queue === QUIET) continue;
      const then = before.get(queue) as Counters;
      const hasGrown = ({ published, delivered, acked }: Counters): boolean =>
        published > then.published && delivered > then.delivered && acked > then.acked;
      await waitFor(`the counters of ${queue} to grow`, () => countersOf(queue), {
        timeoutMs: FIGURES_LIMIT_MS,
        until: hasGrown,
      });
    }
    const left = async (): Promise<string[]> =>
      (await stage.rabbit.queues()).filter(({ messages }) => messages !== 0).map(({ name }) => name);
    await waitFor('all queues to be empty', left, { timeoutMs: FIGURES_LIMIT_MS, until: ({ length }) => length === 0 });
  });

  it('names the services on their connections, and shows a consumer on each of their queues', async () => {
    const missing = async (): Promise<string[]> =>
      (await stage.rabbit.queues())
        .filter(({ name, consumers }) => FLOWS.some(([queue]) => queue === name) && !consumers)
        .map(({ name }) => name);
    await waitFor('every queue to be consumed', missing, {
      timeoutMs: FIGURES_LIMIT_MS,
      until: ({ length }) => length === 0,
    });
    const names = async (): Promise<string[]> =>
      (await stage.rabbit.connections()).map(({ client_properties }) => String(client_properties['connection_name']));
    for (const app of APPS) {
      const pid = stage.service(app).pid();
      const isNamed = (all: string[]): boolean =>
        all.some((name) => name.startsWith(`${app}@`) && name.endsWith(`:${pid}`));
      await waitFor(`${app} to be named`, names, { timeoutMs: FIGURES_LIMIT_MS, until: isNamed });
    }
  });
});
