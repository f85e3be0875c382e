import { deadQueueName, type MessageDefinition } from '@lockstep/contracts';
import { describeWithEngines, type RealEngines, waitFor } from '@lockstep/testing';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { MessagingCounters } from '../counters.js';
import { DELIVERY_LIMIT } from '../topology/queue-arguments.js';
import type { TopologyMode } from '../topology/topology-mode.js';
import type { Broker, Delivery, DeliveryHandler, Settlement, SubscribeOptions } from './broker.js';
import { HEADER } from './message-headers.js';
import { makeNote, type Note, noteMessage, textOf } from './note.fixture.js';
import { UnroutableError } from './publish-errors.js';

/** How a test wants its broker; each has the default of the adapter. */
export interface OpenOptions {
  readonly topology?: TopologyMode;
  readonly confirmTimeoutMs?: number;
  /** Silence after which the broker gives up a connection, about. */
  readonly silenceLimitMs?: number;
  readonly counters?: MessagingCounters;
}

/** A place with nobody else in it, on which brokers of several processes can be opened. */
export interface BrokerPlace {
  /** For what opens its own brokers. */
  readonly url: string;
  /** A broker that is not connected yet. The topology of `catalogue` is made when it consumes or publishes. */
  open(catalogue: readonly MessageDefinition[], options?: OpenOptions): Promise<Broker>;
  /** A broker whose server does not answer; it gives up after one retry. */
  openUnreachable(): Broker;
  /** Ends a broker's connections for good, as the death of its process would. */
  crash(broker: Broker): void;
  /** Ends a broker's connections; it can make new ones. */
  disconnect(broker: Broker): void;
  /** A broker's connections stay open and carry nothing any more; it can make new ones. */
  freeze(broker: Broker): void;
  /** Makes the queues of a catalogue as an operator does, before or without any service. */
  declare(catalogue: readonly MessageDefinition[]): Promise<void>;
  /** Deletes a queue under its consumers. */
  deleteQueue(name: string): Promise<void>;
  /** Messages of a queue that nobody holds, as of now. */
  countReady(queue: string): Promise<number>;
  remove(): Promise<void>;
}

const ONE_BY_ONE: SubscribeOptions = { prefetch: 20, batchSize: 1, batchWaitMs: 20, concurrency: 1 };
const ackAll: DeliveryHandler = async (deliveries) => deliveries.map(() => ({ kind: 'ack' }));

/** What every broker promises; run once for each adapter. */
export function describeBroker(name: string, makePlace: (engines: RealEngines) => Promise<BrokerPlace>): void {
  describeWithEngines(name, (engines) => {
    let place: BrokerPlace;
    const opened: Broker[] = [];

    beforeAll(async () => {
      Logger.overrideLogger(false);
      place = await makePlace(engines);
    });
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((broker) => broker.close()));
    });
    afterAll(async () => {
      await place?.remove();
    });

    const open = (...notes: Note[]): Promise<Broker> => openAs({}, ...notes);

    async function openAs(options: OpenOptions, ...notes: Note[]): Promise<Broker> {
      const broker = await place.open(
        notes.map((note) => note.definition),
        options,
      );
      opened.push(broker);
      await broker.connect();
      return broker;
    }

    /** Consumes and remembers; `answer` decides by the delivery, acknowledging by default. */
    async function collect(
      broker: Broker,
      note: Note,
      options: Partial<SubscribeOptions> = {},
      answer: (delivery: Delivery) => Settlement = () => ({ kind: 'ack' }),
    ): Promise<{ all: Delivery[]; batches: Delivery[][] }> {
      const seen = { all: [] as Delivery[], batches: [] as Delivery[][] };
      const subscription = broker.subscribe(note.queue, { ...ONE_BY_ONE, ...options }, async (deliveries) => {
        seen.all.push(...deliveries);
        seen.batches.push([...deliveries]);
        return deliveries.map(answer);
      });
      await subscription.ready;
      return seen;
    }

    async function collectDead(broker: Broker, note: Note): Promise<Delivery[]> {
      const dead: Delivery[] = [];
      await broker.subscribeDead(note.queue, ONE_BY_ONE, async (deliveries) => {
        dead.push(...deliveries);
        return ackAll(deliveries, new AbortController().signal);
      }).ready;
      return dead;
    }

    const isOpen = (broker: Broker) => broker.state().subscriptions.every(({ state }) => state === 'open');
    const arrived = (seen: { all: Delivery[] }, count: number) =>
      waitFor(`${count} deliveries`, () => seen.all.length, { until: (length) => length >= count });

    it('delivers a message once to each queue bound to its key, body and properties untouched', async () => {
      const [first, second] = [makeNote(), makeNote()];
      const both: Note = {
        queue: second.queue,
        definition: { ...first.definition, queues: [first.queue, second.queue] },
      };
      const broker = await open(both);
      const [seenFirst, seenSecond] = [await collect(broker, first), await collect(broker, both)];
      const message = noteMessage(first, 'to both', { body: Buffer.from([0, 255, 7]) });
      await broker.publish(message);
      await Promise.all([arrived(seenFirst, 1), arrived(seenSecond, 1)]);
      for (const { all } of [seenFirst, seenSecond]) {
        expect(all).toHaveLength(1);
        expect(all[0]!.body).toEqual(message.body);
        expect(all[0]!.properties).toMatchObject(message.properties);
        expect(all[0]!).toMatchObject({
          exchange: message.exchange,
          routingKey: message.routingKey,
          attempt: 1,
          redelivered: false,
        });
      }
    });

    it.each([
      ['topic.a.#', ['topic.a', 'topic.a.b', 'topic.a.b.c'], ['topic.b', 'topic']],
      ['topic.c.*', ['topic.c.d'], ['topic.c', 'topic.c.d.e']],
    ])('routes %s as topic exchanges do, # matching zero words', async (routingKey, matching, others) => {
      const note = makeNote({ routingKey });
      const broker = await open(note);
      const seen = await collect(broker, note);
      for (const key of matching) await broker.publish(noteMessage(note, key, { routingKey: key }));
      for (const key of others) {
        await expect(broker.publish(noteMessage(note, key, { routingKey: key }))).rejects.toThrow(UnroutableError);
      }
      await arrived(seen, matching.length);
      expect(seen.all.map(textOf)).toEqual(matching);
    });

    it('keeps the order within a queue when publishes are pipelined', async () => {
      const note = makeNote();
      const broker = await open(note);
      const seen = await collect(broker, note, { batchSize: 7, prefetch: 50 });
      const texts = Array.from({ length: 1_000 }, (_, index) => String(index));
      await Promise.all(texts.map((text) => broker.publish(noteMessage(note, text))));
      await arrived(seen, texts.length);
      expect(seen.all.map(textOf)).toEqual(texts);
    });

    it('returns a message that no queue takes, and its neighbours arrive', async () => {
      const note = makeNote();
      const broker = await open(note);
      const seen = await collect(broker, note);
      const results = await Promise.allSettled([
        broker.publish(noteMessage(note, 'before')),
        broker.publish(noteMessage(note, 'lost', { routingKey: 'nobody.listens' })),
        broker.publish(noteMessage(note, 'lost too', { exchange: '', routingKey: 'no.such.queue' })),
        broker.publish(noteMessage(note, 'after')),
      ]);
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
      expect((results[1] as PromiseRejectedResult).reason).toBeInstanceOf(UnroutableError);
      await arrived(seen, 2);
      expect(seen.all.map(textOf)).toEqual(['before', 'after']);
    });

    it('tells a returned message from one under the same id that arrives', async () => {
      const note = makeNote();
      const broker = await open(note);
      const seen = await collect(broker, note);
      const message = noteMessage(note, 'twin');
      const results = await Promise.allSettled([
        broker.publish({ ...message, routingKey: 'nobody.listens' }),
        broker.publish(message),
        broker.publish({ ...message, routingKey: 'nobody.listens' }),
      ]);
      expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
      await arrived(seen, 1);
    });

    it('forms full batches from what waits and a small one after the wait', async () => {
      const note = makeNote();
      const broker = await open(note);
      await collect(broker, note);
      await broker.drain(1_000);
      const other = await open(note);
      for (let index = 0; index < 25; index += 1) await other.publish(noteMessage(note, String(index)));
      const seen = await collect(other, note, { batchSize: 10, batchWaitMs: 2_000, prefetch: 40 });
      await arrived(seen, 25);
      expect(seen.batches.map((batch) => batch.length)).toEqual([10, 10, 5]);
    });

    it('hands over no more than the prefetch while nothing is settled', async () => {
      const note = makeNote();
      const broker = await open(note);
      const inHand: Delivery[] = [];
      let finish: () => void = () => undefined;
      const finished = new Promise<void>((resolve) => {
        finish = resolve;
      });
      const subscription = broker.subscribe(
        note.queue,
        { prefetch: 3, batchSize: 1, batchWaitMs: 0, concurrency: 3 },
        async (deliveries) => {
          inHand.push(...deliveries);
          await finished;
          return deliveries.map(() => ({ kind: 'ack' }));
        },
      );
      await subscription.ready;
      await Promise.all(Array.from({ length: 8 }, (_, index) => broker.publish(noteMessage(note, String(index)))));
      await arrived({ all: inHand }, 3);
      const other = await collect(await open(note), note);
      // The second consumer gets what the first may not hold.
      await arrived(other, 5);
      expect(inHand).toHaveLength(3);
      finish();
      await waitFor('all eight', () => inHand.length + other.all.length, { until: (count) => count >= 8 });
    });

    it('shares a queue between consumers, each message to one of them', async () => {
      const note = makeNote();
      const brokers = await Promise.all([open(note), open(note), open(note)]);
      const seen = await Promise.all(brokers.map((broker) => collect(broker, note, { batchSize: 5, batchWaitMs: 1 })));
      const texts = Array.from({ length: 600 }, (_, index) => String(index));
      await Promise.all(texts.map((text, index) => brokers[index % 3]!.publish(noteMessage(note, text))));
      const all = () => seen.flatMap((each) => each.all.map(textOf));
      await waitFor('every message', () => all().length, { until: (count) => count >= texts.length });
      expect(all().sort()).toEqual([...texts].sort());
    });

    it('delivers again what a crashed consumer had in hand', async () => {
      const note = makeNote();
      const [crashing, surviving] = [await open(note), await open(note)];
      const hung: Delivery[] = [];
      const subscription = crashing.subscribe(note.queue, ONE_BY_ONE, (deliveries) => {
        hung.push(...deliveries);
        return new Promise(() => undefined);
      });
      await subscription.ready;
      await surviving.publish(noteMessage(note, 'in hand'));
      await waitFor('the delivery', () => hung.length);
      const seen = await collect(surviving, note);
      place.crash(crashing);
      await arrived(seen, 1);
      expect(seen.all[0]).toMatchObject({ redelivered: true, attempt: 1 });
      expect(textOf(seen.all[0]!)).toBe('in hand');
    });

    it('retries after the waits of the queue, counting attempts, and parks after the last', async () => {
      const note = makeNote({ retryDelaysMs: [100, 600] });
      const broker = await open(note);
      const at: number[] = [];
      const seen = await collect(broker, note, {}, () => {
        at.push(performance.now());
        return { kind: 'retry', reason: 'NOT_YET: try later' };
      });
      const dead = await collectDead(broker, note);
      const message = noteMessage(note, 'stubborn');
      await broker.publish(message);
      await waitFor('the dead letter', () => dead.length);
      expect(seen.all.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
      expect(at[1]! - at[0]!).toBeGreaterThanOrEqual(95);
      expect(at[2]! - at[1]!).toBeGreaterThanOrEqual(595);
      expect(seen.all[2]).toMatchObject({ exchange: message.exchange, routingKey: message.routingKey });
      expect(seen.all[2]!.properties.messageId).toBe(message.properties.messageId);
      expect(dead[0]!.body).toEqual(message.body);
      expect(dead[0]).toMatchObject({
        attempt: 3,
        exchange: message.exchange,
        routingKey: message.routingKey,
        properties: { messageId: message.properties.messageId, type: message.properties.type },
      });
      expect(dead[0]!.properties.headers).toMatchObject({ [HEADER.deadReason]: 'NOT_YET: try later' });
    });

    it('waits at least as long as the handler asks', async () => {
      const note = makeNote({ retryDelaysMs: [50, 500] });
      const broker = await open(note);
      const at: number[] = [];
      const seen = await collect(broker, note, {}, ({ attempt }) => {
        at.push(performance.now());
        return attempt === 1 ? { kind: 'retry', reason: 'LATER', delayMs: 300 } : { kind: 'ack' };
      });
      await broker.publish(noteMessage(note, 'patient'));
      await arrived(seen, 2);
      expect(at[1]! - at[0]!).toBeGreaterThanOrEqual(495);
    });

    it('parks with the reason and every other header kept, neighbours unharmed', async () => {
      const note = makeNote();
      const broker = await open(note);
      const seen = await collect(broker, note, { batchSize: 3, batchWaitMs: 300 }, (delivery) =>
        textOf(delivery) === 'bad' ? { kind: 'dead', reason: 'BAD: cannot be done' } : { kind: 'ack' },
      );
      const dead = await collectDead(broker, note);
      const headers = { [HEADER.version]: 1, [HEADER.runId]: 'run-7', [HEADER.sequence]: 12, 'x-foreign': 'kept' };
      const bad = noteMessage(note, 'bad', { properties: { messageId: 'bad-1', type: note.definition.type, headers } });
      await Promise.all([
        broker.publish(noteMessage(note, 'good')),
        broker.publish(bad),
        broker.publish(noteMessage(note, 'good too')),
      ]);
      await waitFor('the dead letter', () => dead.length);
      expect(dead).toHaveLength(1);
      expect(dead[0]!.properties.headers).toMatchObject({
        ...headers,
        [HEADER.attempt]: 1,
        [HEADER.deadReason]: 'BAD: cannot be done',
        [HEADER.originalExchange]: note.definition.exchange,
        [HEADER.originalRoutingKey]: note.definition.routingKey,
      });
      expect(Date.parse(String(dead[0]!.properties.headers[HEADER.deadAt]))).not.toBeNaN();
      expect(seen.all.map(textOf).sort()).toEqual(['bad', 'good', 'good too']);
    });

    it('gives back without counting an attempt', async () => {
      const note = makeNote();
      const broker = await open(note);
      let isFirst = true;
      const seen = await collect(broker, note, {}, () => {
        const kind = isFirst ? 'release' : 'ack';
        isFirst = false;
        return { kind };
      });
      await broker.publish(noteMessage(note, 'again'));
      await arrived(seen, 2);
      expect(seen.all.map(({ attempt }) => attempt)).toEqual([1, 1]);
    });

    it('puts a message at the end of its queue as often as is asked, and nothing counts', async () => {
      const note = makeNote();
      // With the limits of the definitions file.
      await place.declare([note.definition]);
      const broker = await open(note);
      const rounds = DELIVERY_LIMIT + 10;
      // Counted a message: the two are handed over together or apart, as it comes.
      const times = new Map<string, number>();
      const seen = await collect(broker, note, { batchSize: 2, batchWaitMs: 5 }, (delivery) => {
        const time = (times.get(textOf(delivery)) ?? 0) + 1;
        times.set(textOf(delivery), time);
        return { kind: time > rounds ? 'ack' : 'requeue' };
      });
      const dead = await collectDead(broker, note);
      const messages = ['1', '2'].map((text) => noteMessage(note, text));
      for (const message of messages) await broker.publish(message);
      await arrived(seen, 2 * rounds + 2);
      await waitFor('an empty queue', () => place.countReady(note.queue.name), { until: (count) => count === 0 });
      for (const { body, properties, routingKey, exchange } of messages) {
        const all = seen.all.filter((delivery) => delivery.body.equals(body));
        expect(all).toHaveLength(rounds + 1);
        expect(all.at(-1)).toMatchObject({ attempt: 1, exchange, routingKey, properties });
      }
      expect(dead).toEqual([]);
    });

    it('parks by itself what was handed over again and again and never settled', async () => {
      const note = makeNote();
      const broker = await open(note);
      const dead = await collectDead(broker, note);
      const seen = await collect(broker, note, {}, () => ({ kind: 'release' }));
      await broker.publish(noteMessage(note, 'killer'));
      await waitFor('the dead letter', () => dead.length);
      expect(seen.all).toHaveLength(DELIVERY_LIMIT + 1);
      expect(dead[0]!.properties.headers['x-dead-reason']).toMatch(/^DELIVERY_LIMIT: handed over 51 times/);
    });

    it('gives a batch back whose handler throws or answers too little', async () => {
      const note = makeNote();
      const broker = await open(note);
      const answers: DeliveryHandler[] = [() => Promise.reject(new Error('broken handler')), async () => [], ackAll];
      let calls = 0;
      await broker.subscribe(note.queue, ONE_BY_ONE, (...given) => answers[calls++]!(...given)).ready;
      await broker.publish(noteMessage(note, 'survives'));
      await waitFor('three calls', () => calls, { until: (count) => count >= 3 });
    });

    it('drains: finishes what is in hand, gives the rest back, takes nothing new', async () => {
      const note = makeNote();
      const broker = await open(note);
      const started: string[] = [];
      const finished: string[] = [];
      const subscription = broker.subscribe(note.queue, ONE_BY_ONE, async (deliveries, draining) => {
        started.push(...deliveries.map(textOf));
        await new Promise<void>((resolve) => draining.addEventListener('abort', () => resolve(), { once: true }));
        await new Promise((resolve) => setTimeout(resolve, 100));
        finished.push(...deliveries.map(textOf));
        return deliveries.map(() => ({ kind: 'ack' }));
      });
      await subscription.ready;
      await Promise.all(['1', '2', '3'].map((text) => broker.publish(noteMessage(note, text))));
      await waitFor('the first', () => started.length);
      await Promise.all([broker.drain(10_000), broker.drain(10_000)]);
      expect([started, finished]).toEqual([['1'], ['1']]);
      expect(subscription.state).toBe('closed');
      await broker.publish(noteMessage(note, '4'));
      const rest = await collect(await open(note), note);
      await arrived(rest, 3);
      expect(rest.all.map(textOf)).toEqual(['2', '3', '4']);
    });

    it('drains within its limit although a handler hangs, and the message goes back', async () => {
      const note = makeNote();
      const broker = await open(note);
      let calls = 0;
      await broker.subscribe(note.queue, ONE_BY_ONE, () => {
        calls += 1;
        return new Promise(() => undefined);
      }).ready;
      await broker.publish(noteMessage(note, 'stuck'));
      await waitFor('the delivery', () => calls);
      await broker.drain(50);
      const rest = await collect(await open(note), note);
      await arrived(rest, 1);
    });

    it('is ready once connected and every consumer registered, and closed is not', async () => {
      const note = makeNote();
      const broker = await open(note);
      await collect(broker, note);
      expect(broker.state()).toEqual({
        connected: true,
        blocked: false,
        subscriptions: [{ queue: note.queue.name, state: 'open' }],
      });
      await Promise.all([broker.close(), broker.close()]);
      expect(broker.state()).toMatchObject({ connected: false, subscriptions: [{ state: 'closed' }] });
    });

    it('heals when its connections are lost, and hands over again what was in hand', async () => {
      const note = makeNote();
      const counters = new MessagingCounters();
      const broker = await openAs({ counters }, note);
      const seen: Delivery[] = [];
      let finishFirst: () => void = () => undefined;
      await broker.subscribe(note.queue, { ...ONE_BY_ONE, concurrency: 2 }, async (deliveries, draining) => {
        seen.push(...deliveries);
        if (seen.length === 1) {
          await new Promise<void>((resolve) => {
            finishFirst = resolve;
          });
        }
        return ackAll(deliveries, draining);
      }).ready;
      await broker.publish(noteMessage(note, 'in hand'));
      await arrived({ all: seen }, 1);
      place.disconnect(broker);
      await waitFor('the loss to be noticed', () => counters.total('messaging_channel_reopens_total'));
      await waitFor('the consumer to be back', () => isOpen(broker) && broker.state().connected);
      await arrived({ all: seen }, 2);
      expect(seen[1]).toMatchObject({ redelivered: true, attempt: 1 });
      // Its ack comes too late: the message is another consumer's by now.
      finishFirst();
      await broker.publish(noteMessage(note, 'after'));
      await arrived({ all: seen }, 3);
      expect(seen.map(textOf)).toEqual(['in hand', 'in hand', 'after']);
    });

    it('notices that a connection is half open, and heals', async () => {
      const note = makeNote();
      const broker = await openAs({ silenceLimitMs: 1_000, confirmTimeoutMs: 300 }, note);
      const seen = await collect(broker, note);
      // A machine that is busy for so long looks the same.
      await waitFor('a confirm', () => broker.publish(noteMessage(note, 'first')).then(() => true));
      await arrived(seen, 1);
      place.freeze(broker);
      await expect(broker.publish(noteMessage(note, 'unheard'))).rejects.toMatchObject({
        name: 'PublishUnconfirmedError',
      });
      await waitFor('the message', () =>
        broker.publish(noteMessage(note, 'heard')).then(() => seen.all.some((each) => textOf(each) === 'heard')),
      );
      place.freeze(broker);
      const startedAt = performance.now();
      await broker.drain(100);
      await broker.close();
      expect(performance.now() - startedAt).toBeLessThan(45_000);
    });

    it('makes its queue anew, with its dead letters, when someone deletes it', async () => {
      const note = makeNote();
      const broker = await open(note);
      const seen = await collect(broker, note);
      await place.deleteQueue(note.queue.name);
      await place.deleteQueue(deadQueueName(note.queue));
      await waitFor('the message to be taken again', () =>
        broker.publish(noteMessage(note, 'after')).then(() => seen.all.length > 0),
      );
      await waitFor('the consumer', () => isOpen(broker));
      await broker.publish(noteMessage(note, 'x', { exchange: '', routingKey: deadQueueName(note.queue) }));
    });

    it('waits, where it may not make queues, until an operator made them', async () => {
      const note = makeNote();
      const broker = await openAs({ topology: 'passive' }, note);
      const seen: Delivery[] = [];
      broker.subscribe(note.queue, ONE_BY_ONE, (deliveries, draining) => {
        seen.push(...deliveries);
        return ackAll(deliveries, draining);
      });
      await waitFor('the alert', () => broker.state().subscriptions[0]?.state === 'waiting');
      await place.declare([note.definition]);
      await waitFor('the consumer', () => isOpen(broker));
      await broker.publish(noteMessage(note, 'loaded'));
      await waitFor('the message', () => seen.length);
    });

    it('agrees with the operator, whichever makes the queues first', async () => {
      const [operatorFirst, serviceFirst] = [makeNote(), makeNote()];
      await place.declare([operatorFirst.definition]);
      for (const note of [operatorFirst, serviceFirst]) {
        const broker = await open(note);
        const seen = await collect(broker, note);
        await place.declare([note.definition]);
        await broker.publish(noteMessage(note, 'arrives'));
        await arrived(seen, 1);
        expect(isOpen(broker)).toBe(true);
      }
    });

    it('keeps what nobody consumes, whoever published it', async () => {
      const note = makeNote();
      await place.declare([note.definition]);
      const gone = await open(note);
      await Promise.all(['1', '2', '3'].map((text) => gone.publish(noteMessage(note, text))));
      place.crash(gone);
      await waitFor('all three', () => place.countReady(note.queue.name), { until: (count) => count === 3 });
      const seen = await collect(await open(note), note);
      await arrived(seen, 3);
      expect(seen.all.map(textOf)).toEqual(['1', '2', '3']);
      await waitFor('an empty queue', () => place.countReady(note.queue.name), { until: (count) => count === 0 });
    });

    it('carries bodies of several megabytes beside small ones', async () => {
      const note = makeNote();
      const broker = await open(note);
      const seen = await collect(broker, note);
      const bodies = [5_000_000, 0, 3_000_000, 17].map((length) => Buffer.alloc(length, `${length}\n\u00e9`));
      await Promise.all(bodies.map((body) => broker.publish(noteMessage(note, '', { body }))));
      await arrived(seen, bodies.length);
      expect(seen.all.map(({ body }, index) => body.equals(bodies[index]!))).toEqual([true, true, true, true]);
    });

    it('gives up the first connection after its retries, with the reason', async () => {
      const broker = place.openUnreachable();
      opened.push(broker);
      await expect(broker.connect()).rejects.toThrow(/ECONNREFUSED/);
    });

    it('tells a caller within the time limit that nothing is connected', async () => {
      const note = makeNote();
      const broker = await openAs({ confirmTimeoutMs: 300 }, note);
      await broker.close();
      await expect(broker.publish(noteMessage(note, 'too late'))).rejects.toMatchObject({
        name: 'PublishUnconfirmedError',
        reason: 'not connected',
      });
    });
  });
}
