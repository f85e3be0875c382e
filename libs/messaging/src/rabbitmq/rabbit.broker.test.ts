import type { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import { hostname } from 'node:os';
import { retryQueueName } from '@lockstep/contracts';
import { createTestVhost, describeWithEngines, type TestVhost, waitFor } from '@lockstep/testing';
import { Logger } from '@nestjs/common';
import { connect } from 'amqplib';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { describeBroker } from '../broker/broker.conformance.js';
import type { Delivery, SubscribeOptions } from '../broker/broker.js';
import { makeNote, type Note, noteMessage, textOf } from '../broker/note.fixture.js';
import { MessagingCounters } from '../counters.js';
import { DELIVERY_LIMIT } from '../topology/queue-arguments.js';
import { buildRabbitDefinitions } from '../topology/rabbit-definitions.js';
import { RabbitBroker, type RabbitBrokerOptions } from './rabbit.broker.js';
import { socketOptions } from './rabbit-connection.js';
import { makeRabbitPlace } from './rabbit-place.conformance.js';

const OPTIONS: SubscribeOptions = { prefetch: 20, batchSize: 1, batchWaitMs: 20, concurrency: 1 };

describeBroker('RabbitMQ keeps the promises of a broker', makeRabbitPlace);

async function countConsumers(url: string, queue: string): Promise<number> {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  const { consumerCount } = await channel.checkQueue(queue);
  await connection.close();
  return consumerCount;
}

describeWithEngines('The RabbitMQ broker', (engines) => {
  let vhost: TestVhost;
  const opened: RabbitBroker[] = [];

  beforeAll(async () => {
    vhost = await createTestVhost(engines);
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await Promise.all(opened.splice(0).map((broker) => broker.close()));
  });
  afterAll(async () => {
    await vhost?.remove();
  });

  async function open(note: Note, options: Partial<RabbitBrokerOptions> = {}): Promise<RabbitBroker> {
    const broker = new RabbitBroker({
      url: vhost.url,
      service: 'tcs',
      catalogue: [note.definition],
      exchanges: [note.definition.exchange],
      ...options,
    });
    opened.push(broker);
    await broker.connect();
    return broker;
  }

  function collect(broker: RabbitBroker, note: Note): Delivery[] {
    const seen: Delivery[] = [];
    broker.subscribe(note.queue, OPTIONS, async (deliveries) => {
      seen.push(...deliveries);
      return deliveries.map(() => ({ kind: 'ack' }));
    });
    return seen;
  }

  const isOpen = (broker: RabbitBroker) => broker.state().subscriptions.every(({ state }) => state === 'open');

  it('switches Nagle off on every connection, so that an awaited publish does not stall', async () => {
    expect(socketOptions({ service: 'tcs', purpose: 'publish' })).toMatchObject({ noDelay: true });
    const setNoDelay = vi.spyOn(Socket.prototype, 'setNoDelay');
    await open(makeNote());
    expect(setNoDelay.mock.calls.filter(([on]) => on === true).length).toBeGreaterThanOrEqual(2);
    expect(setNoDelay.mock.calls.filter(([on]) => on === false)).toEqual([]);
  });

  it('shows operators who is connected and what for', async () => {
    await open(makeNote(), { service: 'shown' });
    const name = `shown@${hostname()}:${process.pid}`;
    const purposes = await waitFor(
      'both connections to be listed',
      async () =>
        (await vhost.management.connections())
          .filter((each) => each.client_properties['connection_name'] === name)
          .map((each) => each.client_properties['purpose'])
          .sort(),
      { until: (found) => found.length === 2 },
    );
    expect(purposes).toEqual(['consume', 'publish']);
  });

  it('heals when its connections are closed by force', async () => {
    const note = makeNote();
    const counters = new MessagingCounters();
    const alone = await createTestVhost(engines);
    const broker = await open(note, { url: alone.url, counters });
    const seen = collect(broker, note);
    await waitFor('the consumer', () => isOpen(broker));
    await broker.publish(noteMessage(note, 'before'));
    await waitFor('both connections to be listed', async () => (await alone.management.connections()).length === 2);
    expect(await alone.management.closeConnections()).toBe(2);
    await waitFor('the loss to be noticed', () => counters.total('messaging_channel_reopens_total'));
    await waitFor('the consumer to be back', () => isOpen(broker) && broker.state().connected);
    await broker.publish(noteMessage(note, 'after'));
    await waitFor('the message', () => seen.map(textOf), { until: (texts) => texts.includes('after') });
    await waitFor('one consumer to be left', async () => (await countConsumers(alone.url, note.queue.name)) === 1);
    await broker.close();
    await alone.remove();
  });

  it('holds its publishes back while the broker is out of memory or disk, and says so', async () => {
    const note = makeNote();
    const broker = await open(note);
    const seen = collect(broker, note);
    await waitFor('the consumer', () => isOpen(broker));
    // The alarm itself would stop every suite on this broker; what it does to a connection is this event.
    const { model } = (broker as unknown as { publishing: { model: EventEmitter } }).publishing;
    model.emit('blocked', 'low on memory');
    expect(broker.state().blocked).toBe(true);
    const publishing = broker.publish(noteMessage(note, 'held'));
    await broker.drain(0);
    expect(seen).toEqual([]);
    model.emit('unblocked');
    await publishing;
    expect(broker.state().blocked).toBe(false);
  });

  it('makes a retry queue anew that someone deleted alone', async () => {
    const note = makeNote({ retryDelaysMs: [100] });
    const broker = await open(note);
    const attempts: number[] = [];
    broker.subscribe(note.queue, OPTIONS, async ([delivery]) => {
      attempts.push(delivery!.attempt);
      return [delivery!.attempt === 1 ? { kind: 'retry', reason: 'ONCE' } : { kind: 'ack' }];
    });
    await waitFor('the consumer', () => isOpen(broker));
    await vhost.management.deleteQueue(retryQueueName(note.queue, 100));
    await broker.publish(noteMessage(note, 'again'));
    await waitFor('the second attempt', () => attempts.includes(2));
  });

  it('agrees with the definitions file, whichever makes the queues first', async () => {
    const [fileFirst, serviceFirst] = [makeNote(), makeNote()];
    const load = ({ definition }: Note) => vhost.management.importDefinitions(buildRabbitDefinitions([definition]));
    await load(fileFirst);
    for (const note of [fileFirst, serviceFirst]) {
      const broker = await open(note);
      collect(broker, note);
      await waitFor('the consumer', () => isOpen(broker));
    }
    await load(serviceFirst);
  });

  it('has the broker park a message that kills its consumer every time', async () => {
    const note = makeNote();
    const definitions = buildRabbitDefinitions([note.definition]);
    for (const policy of definitions.policies) policy.definition = { ...policy.definition, 'delivery-limit': 2 };
    await vhost.management.importDefinitions(definitions);
    const broker = await open(note);
    const dead: Delivery[] = [];
    broker.subscribe(note.queue, OPTIONS, async () => [{ kind: 'release' }]);
    broker.subscribeDead(note.queue, OPTIONS, async (deliveries) => {
      dead.push(...deliveries);
      return deliveries.map(() => ({ kind: 'ack' }));
    });
    await waitFor('the consumers', () => isOpen(broker));
    await broker.publish(noteMessage(note, 'killer'));
    await waitFor('the dead letter', () => dead.length);
    expect(dead[0]!.properties.headers['x-death']).toMatchObject([
      { reason: 'delivery_limit', queue: note.queue.name },
    ]);
  });

  it('loses nothing where the broker drops what came back 20 times, as RabbitMQ 4 does without a policy', async () => {
    const note = makeNote();
    const definitions = buildRabbitDefinitions([note.definition]);
    for (const policy of definitions.policies) policy.definition = { 'delivery-limit': 20 };
    await vhost.management.importDefinitions(definitions);
    const broker = await open(note);
    const dead: Delivery[] = [];
    let given = 0;
    broker.subscribe(note.queue, OPTIONS, async (deliveries) => {
      given += deliveries.length;
      return deliveries.map(() => ({ kind: 'release' }));
    });
    broker.subscribeDead(note.queue, OPTIONS, async (deliveries) => {
      dead.push(...deliveries);
      return deliveries.map(() => ({ kind: 'ack' }));
    });
    await waitFor('the consumers', () => isOpen(broker));
    await broker.publish(noteMessage(note, 'killer'));
    await waitFor('the dead letter', () => dead.length);
    expect(given).toBe(DELIVERY_LIMIT + 1);
    expect(dead[0]!.properties.headers).not.toHaveProperty('x-redeliveries');
  });

  it('keeps in hand what it cannot move while the broker takes nothing', async () => {
    const note = makeNote();
    const broker = await open(note, { confirmTimeoutMs: 1_000 });
    let given = 0;
    broker.subscribe(note.queue, OPTIONS, async (deliveries) => {
      given += deliveries.length;
      return deliveries.map(() => ({ kind: 'dead', reason: 'NO' }));
    });
    const dead: Delivery[] = [];
    broker.subscribeDead(note.queue, OPTIONS, async (deliveries) => {
      dead.push(...deliveries);
      return deliveries.map(() => ({ kind: 'ack' }));
    });
    await waitFor('the consumers', () => isOpen(broker));
    const { model } = (broker as unknown as { publishing: { model: EventEmitter } }).publishing;
    const publisher = await open(note);
    model.emit('blocked', 'low on memory');
    const warnings = vi.spyOn(Logger.prototype, 'warn');
    await publisher.publish(noteMessage(note, 'once'));
    await waitFor(
      'two attempts to move it',
      () => warnings.mock.calls.filter(([text]) => String(text).includes('not settled yet')).length >= 2,
    );
    model.emit('unblocked');
    await waitFor('the dead letter', () => dead.length);
    expect(given).toBe(1);
  });

  it('says that a full queue refused the message', async () => {
    const note = makeNote();
    const definitions = buildRabbitDefinitions([note.definition]);
    for (const policy of definitions.policies) policy.definition = { ...policy.definition, 'max-length': 1 };
    await vhost.management.importDefinitions(definitions);
    const broker = await open(note, { confirmTimeoutMs: 1_000 });
    const publish = (text: string) =>
      broker.publish(noteMessage(note, text)).then(
        () => undefined,
        (error: Error) => error,
      );
    // The broker notices a moment late that a queue is full: the first few pass.
    const refusal = await waitFor('a refusal', () => publish('one more'), {
      until: (error) => (error as { reason?: string } | undefined)?.reason === 'refused',
    });
    expect(refusal).toMatchObject({ name: 'PublishUnconfirmedError' });
  });
});
