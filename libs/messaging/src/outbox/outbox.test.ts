import { inTransaction } from '@lockstep/database';
import { createTestDatabase, describeOnEveryEngine, waitFor } from '@lockstep/testing';
import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { OutgoingMessage } from '../broker/broker.js';
import { makeBrokerDouble } from '../broker/broker-double.fixture.js';
import { HEADER } from '../broker/message-headers.js';
import { makeNote } from '../broker/note.fixture.js';
import { PublishUnconfirmedError, UnroutableError } from '../broker/publish-errors.js';
import { MessageComposer } from '../publishing/message-composer.js';
import { createServiceDatabase, type ServiceDatabase } from '../service-database.fixture.js';
import { Outbox } from './outbox.js';
import { OutboxRelay } from './outbox.relay.js';

describeOnEveryEngine('The outbox', (engines) => {
  const note = makeNote({ name: 'note' });
  const composer = new MessageComposer({ service: 'tcs', publishes: [note.definition], checkPayloads: true });
  let database: ServiceDatabase;
  let dataSource: DataSource;
  let outbox: Outbox;
  const relays: OutboxRelay[] = [];

  beforeAll(async () => {
    Logger.overrideLogger(false);
    database = await createServiceDatabase(await createTestDatabase(engines));
    dataSource = await database.open();
    outbox = new Outbox(dataSource, composer);
  });
  afterEach(async () => {
    await Promise.all(relays.splice(0).map((relay) => relay.stop()));
    await dataSource?.query('TRUNCATE outbox');
  });
  afterAll(async () => {
    await database?.remove();
  });

  async function startRelay(broker: ReturnType<typeof makeBrokerDouble>['broker']): Promise<OutboxRelay> {
    const relay = new OutboxRelay(await database.open(), broker);
    relay.start();
    relays.push(relay);
    return relay;
  }

  const addAll = (texts: readonly string[]) =>
    inTransaction(dataSource, (manager) =>
      outbox.addAll(
        manager,
        note.definition,
        texts.map((text) => ({ payload: { text } })),
      ),
    );
  const textOf = (message: OutgoingMessage) => (JSON.parse(message.body.toString()) as { text: string }).text;
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => String(index));
  const isEmpty = () => waitFor('an empty outbox', async () => (await outbox.backlog()).count === 0);

  it('sends what was committed, complete and at once', async () => {
    const { broker, published } = makeBrokerDouble();
    await startRelay(broker);
    await isEmpty();
    const tookMs: number[] = [];
    for (const messageId of ['m-1', 'm-2', 'm-3']) {
      const startedAt = performance.now();
      await inTransaction(dataSource, (manager) =>
        outbox.add(
          manager,
          note.definition,
          { text: 'ünïcode' },
          { messageId, runId: 'r', fence: 3, traceparent: 't' },
        ),
      );
      await waitFor('the message', () => published.some(({ properties }) => properties.messageId === messageId));
      tookMs.push(performance.now() - startedAt);
    }
    // The slow poll is five seconds after each: the relay was woken. A machine may be busy for seconds, but not each time.
    expect(Math.min(...tookMs)).toBeLessThan(3_000);
    expect(published[0]).toMatchObject({
      exchange: note.definition.exchange,
      routingKey: note.definition.routingKey,
      body: Buffer.from('{"text":"ünïcode"}'),
      properties: {
        messageId: 'm-1',
        type: note.definition.type,
        appId: 'tcs',
        contentType: 'application/json',
        headers: {
          [HEADER.version]: 1,
          [HEADER.attempt]: 1,
          [HEADER.runId]: 'r',
          [HEADER.fence]: 3,
          [HEADER.traceparent]: 't',
        },
      },
    });
    await isEmpty();
  });

  it('sends nothing of a transaction that was rolled back', async () => {
    const { broker, published } = makeBrokerDouble();
    await startRelay(broker);
    const failing = inTransaction(dataSource, async (manager) => {
      await outbox.add(manager, note.definition, { text: 'never' });
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    await addAll(['after']);
    await waitFor('the message after', () => published.length);
    expect(published.map(textOf)).toEqual(['after']);
  });

  it('refuses what the service did not declare, and what does not fit, before writing', async () => {
    const add = (payload: object, definition = note.definition) =>
      inTransaction(dataSource, (manager) => outbox.add(manager, definition, payload as { text: string }));
    await expect(add({ text: 'x' }, makeNote().definition)).rejects.toMatchObject({ name: 'UndeclaredMessageError' });
    await expect(add({ text: 5 })).rejects.toMatchObject({ name: 'PayloadMismatchError' });
    await expect(add(Buffer.from('{"text":5}'))).rejects.toMatchObject({ name: 'PayloadMismatchError' });
    expect(await outbox.backlog()).toEqual({ count: 0, oldestAgeSeconds: 0 });
  });

  it('tells how much waits and since when', async () => {
    await addAll(['1', '2']);
    await dataSource.query(`UPDATE outbox SET created_at = created_at - interval '90 seconds'`);
    const { count, oldestAgeSeconds } = await outbox.backlog();
    expect(count).toBe(2);
    expect(oldestAgeSeconds).toBeGreaterThanOrEqual(90);
    expect(oldestAgeSeconds).toBeLessThan(120);
  });

  it('is shared by two relays, each message sent once', async () => {
    const [first, second] = [makeBrokerDouble(), makeBrokerDouble()];
    await addAll(numbers(2_300));
    await Promise.all([startRelay(first.broker), startRelay(second.broker)]);
    await addAll(['last']);
    await isEmpty();
    const all = [...first.published, ...second.published].map(textOf);
    expect(all.sort()).toEqual([...numbers(2_300), 'last'].sort());
  });

  it('loses nothing when a relay is killed between publishing and deleting, and repeats under the same ids', async () => {
    const dying = makeBrokerDouble(() => new Promise(() => undefined));
    const surviving = makeBrokerDouble();
    await addAll(numbers(20));
    await startRelay(dying.broker);
    relays.pop();
    await waitFor('the first relay to have published', () => dying.published.length === 20);
    await startRelay(surviving.broker);
    await addAll(['meanwhile']);
    await waitFor('the second relay to go on', () => surviving.published.length);
    expect(surviving.published.map(textOf)).toEqual(['meanwhile']);
    // What the death of its process does to its transaction.
    await dataSource.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE state = 'idle in transaction' AND datname = current_database()`,
    );
    await waitFor('the rest', () => surviving.published.length === 21);
    const ids = (messages: OutgoingMessage[]) => messages.map(({ properties }) => properties.messageId).sort();
    expect(ids(surviving.published.slice(1))).toEqual(ids(dying.published));
    await isEmpty();
  });

  it('puts a row aside that the broker does not take, with the reason, and sends the others', async () => {
    const { broker, published } = makeBrokerDouble(async (message) => {
      if (textOf(message) === 'nobody') throw new UnroutableError(message);
    });
    await addAll(['1', 'nobody', '3']);
    await startRelay(broker);
    await waitFor('one row to be left', async () => (await outbox.backlog()).count === 1);
    expect(published.map(textOf)).toEqual(['1', 'nobody', '3']);
    const [row]: Record<string, unknown>[] = await dataSource.query(
      'SELECT attempts, last_error, next_attempt_at > now() AS waits FROM outbox',
    );
    expect(row).toEqual({ attempts: 1, last_error: expect.stringMatching(/^UnroutableError: No queue/), waits: true });
    await addAll(['4']);
    await waitFor('the next', () => published.length === 4);
  });

  it('blames no row when the broker is away, and goes on when it is back', async () => {
    let isAway = true;
    const { broker, published } = makeBrokerDouble(async (message) => {
      if (isAway) throw new PublishUnconfirmedError(message, 'not connected');
    });
    await addAll(['1', '2']);
    await startRelay(broker);
    await waitFor('a second try', () => published.length >= 4);
    expect(await dataSource.query('SELECT DISTINCT attempts, last_error FROM outbox')).toEqual([
      { attempts: 0, last_error: null },
    ]);
    isAway = false;
    await isEmpty();
  });
});
