import { removeOutdated } from '@lockstep/database';
import { createTestDatabase, waitFor } from '@lockstep/testing';
import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BrokerPlace } from '../broker/broker.conformance.js';
import type { Broker, Delivery, Settlement } from '../broker/broker.js';
import { makeBrokerDouble } from '../broker/broker-double.fixture.js';
import { describeOnEveryBroker } from '../broker/broker-places.conformance.js';
import { HEADER } from '../broker/message-headers.js';
import { makeNote, type Note, noteMessage } from '../broker/note.fixture.js';
import { messagingRetention } from '../index.js';
import { createServiceDatabase, type ServiceDatabase } from '../service-database.fixture.js';
import { DeadLetterArchiver } from './dead-letter.archiver.js';
import { DeadLetterReplayer } from './dead-letter.replayer.js';
import { DeadLetterStore, type DeadLetterSummary } from './dead-letter.store.js';
import { DeadLetters } from './dead-letters.js';
import type { ParkedLetter } from './parked-letter.js';

describeOnEveryBroker('Dead letters', ({ engines, makePlace }) => {
  let place: BrokerPlace;
  let database: ServiceDatabase;
  let dataSource: DataSource;
  let broker: Broker;
  let letters: DeadLetters;
  let note: Note;
  let told: ParkedLetter[];
  let refuseListener: boolean;
  let refusals: number;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    place = await makePlace();
    database = await createServiceDatabase(await createTestDatabase(engines));
    dataSource = await database.open();
    await dataSource.query('CREATE TABLE listener_note (message_id text)');
  });
  beforeEach(async () => {
    note = makeNote({ retryDelaysMs: [] });
    told = [];
    refuseListener = false;
    refusals = 0;
    broker = await place.open([note.definition]);
    await broker.connect();
    const store = new DeadLetterStore(dataSource);
    letters = new DeadLetters(dataSource, store, broker);
    const archiver = new DeadLetterArchiver(dataSource, store, broker, {
      parked: async (parked, manager) => {
        await manager.query('INSERT INTO listener_note SELECT unnest($1::text[])', [
          parked.map((each) => each.messageId),
        ]);
        if (refuseListener) {
          refusals += 1;
          throw new Error('the listener cannot');
        }
        told.push(...parked);
      },
    });
    await Promise.all(archiver.start([note.queue]).map(({ ready }) => ready));
  });
  afterEach(async () => {
    await broker?.close();
  });
  afterAll(async () => {
    await database?.remove();
    await place?.remove();
  });

  const kill = (text: string, overrides: Parameters<typeof noteMessage>[2] = {}) =>
    broker.publish(noteMessage(note, text, { exchange: '', routingKey: `${note.queue.name}.dead`, ...overrides }));
  const listed = async (filter = {}): Promise<DeadLetterSummary[]> =>
    (await letters.list({ queue: note.queue.name, ...filter }, { page: 1, pageSize: 50 })).items;
  const arrived = (count: number) =>
    waitFor(`${count} letters`, () => listed(), { until: (items) => items.length >= count });

  it('keeps what was parked: where, why, after how many attempts, of which run', async () => {
    broker.subscribe(note.queue, { prefetch: 5, batchSize: 1, batchWaitMs: 5, concurrency: 1 }, async (deliveries) =>
      deliveries.map((): Settlement => ({ kind: 'dead', reason: 'TRAINEE_UNKNOWN: 7' })),
    );
    const headers = { [HEADER.version]: 1, [HEADER.runId]: 'run-1', [HEADER.sequence]: 4, [HEADER.itemCount]: 200 };
    const message = noteMessage(note, 'body', {
      properties: { messageId: 'm-1', type: note.definition.type, contentType: 'application/json', headers },
    });
    await waitFor('the queue', () =>
      broker.publish({ ...message, exchange: '', routingKey: note.queue.name }).then(() => true),
    );
    const [summary] = await arrived(1);
    expect(summary).toMatchObject({
      queue: note.queue.name,
      messageId: 'm-1',
      type: note.definition.type,
      reason: 'TRAINEE_UNKNOWN: 7',
      attempts: 1,
      replays: 0,
      runId: 'run-1',
      sequence: 4,
      state: 'parked',
    });
    expect(summary).not.toHaveProperty('body');
    const letter = await letters.get(summary!.id);
    expect(letter.body).toEqual(message.body);
    expect(letter.properties).toMatchObject({ contentType: 'application/json', headers });
    expect(told).toMatchObject([
      { queue: note.queue.name, messageId: 'm-1', runId: 'run-1', sequence: 4, itemCount: 200 },
    ]);
  });

  it('stores a letter once however often it is delivered, and tells of it once', async () => {
    const twice = noteMessage(note, 'twice');
    const dead = { ...twice, exchange: '', routingKey: `${note.queue.name}.dead` };
    await Promise.all([broker.publish(dead), broker.publish(dead)]);
    await broker.publish(dead);
    await kill('last');
    await arrived(2);
    expect((await listed()).map(({ messageId }) => messageId)).toContain(twice.properties.messageId);
    expect(told).toHaveLength(2);
    await waitFor('the queue to be empty', () =>
      place.countReady(`${note.queue.name}.dead`).then((count) => count === 0),
    );
  });

  it('forgets letters that were dealt with long ago, and none that waits', async () => {
    for (const text of ['parked', 'scheduled', 'replayed', 'discarded', 'discarded lately']) {
      await kill(text, { properties: { messageId: text, headers: {} } });
    }
    await arrived(5);
    await dataSource.query(
      `UPDATE dead_letter SET state = split_part(message_id, ' ', 1), replay_at = now() + interval '1 day',
           state_changed_at = now() - interval '1 day' * CASE WHEN message_id LIKE '% lately' THEN 89 ELSE 91 END
         WHERE queue = $1`,
      [note.queue.name],
    );
    for (const rule of messagingRetention) await removeOutdated(dataSource, rule, { days: 90, runs: 1 });
    const left = (await listed()).map(({ messageId }) => messageId);
    expect(left.sort()).toEqual(['discarded lately', 'parked', 'scheduled']);
    await letters.cancelReplay({ queue: note.queue.name });
  });

  it('stores what a stranger sends: no id, no headers, characters that PostgreSQL cannot hold', async () => {
    const body = Buffer.from([0, 1, 255]);
    const strange = { messageId: '', type: 'a\u0000b', headers: { 'x-odd': 'c\u0000d', [HEADER.sequence]: 1.5 } };
    await kill('', { body, properties: strange });
    await kill('neighbour');
    const items = await arrived(2);
    const letter = await letters.get(items.find(({ type }) => type === 'a\ufffdb')!.id);
    expect(letter).toMatchObject({ reason: 'UNKNOWN', sequence: null, body });
    expect(letter.messageId).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it('stores neither letter nor what the listener wrote when the listener fails, and tries again', async () => {
    refuseListener = true;
    const message = noteMessage(note, 'later');
    await broker.publish({ ...message, exchange: '', routingKey: `${note.queue.name}.dead` });
    await waitFor('failed attempts', () => refusals >= 2);
    expect(await listed()).toEqual([]);
    refuseListener = false;
    await waitFor('the letter', () => listed(), { until: (items) => items.length === 1 });
    const notes = await dataSource.query('SELECT * FROM listener_note WHERE message_id = $1', [
      message.properties.messageId,
    ]);
    expect(notes).toHaveLength(1);
  });

  it('sends a letter back to its queue, and parks it again when it dies again', async () => {
    const seen: Delivery[] = [];
    broker.subscribe(note.queue, { prefetch: 5, batchSize: 1, batchWaitMs: 5, concurrency: 1 }, async (deliveries) => {
      seen.push(...deliveries);
      return deliveries.map((): Settlement => ({ kind: 'dead', reason: `STILL_BAD: ${seen.length}` }));
    });
    await kill('again');
    const [first] = await arrived(1);
    await letters.replay(first!.id);
    const [second] = await waitFor('the second death', () => listed({ state: 'parked' }), {
      until: (items) => items[0]?.replays === 1,
    });
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ attempt: 1, properties: { messageId: first!.messageId } });
    expect(second).toMatchObject({ id: first!.id, reason: 'STILL_BAD: 1', state: 'parked' });
    expect(told).toHaveLength(2);
  });

  it('ignores a late copy of a death whose letter was sent back meanwhile', async () => {
    await broker.subscribe(note.queue, { prefetch: 5, batchSize: 1, batchWaitMs: 5, concurrency: 1 }, async (all) =>
      all.map((): Settlement => ({ kind: 'ack' })),
    ).ready;
    const message = noteMessage(note, 'late');
    const dead = { ...message, exchange: '', routingKey: `${note.queue.name}.dead` };
    await broker.publish(dead);
    const [letter] = await arrived(1);
    await letters.replay(letter!.id);
    await broker.publish(dead);
    await kill('marker');
    await arrived(2);
    expect((await letters.get(letter!.id)).state).toBe('replayed');
  });

  it('parks a message without an id anew when one of the same body was dealt with', async () => {
    broker.subscribe(note.queue, { prefetch: 5, batchSize: 1, batchWaitMs: 5, concurrency: 1 }, async (deliveries) =>
      deliveries.map(
        ({ properties }): Settlement =>
          properties.headers[HEADER.replays] ? { kind: 'ack' } : { kind: 'dead', reason: 'BAD' },
      ),
    );
    const nameless = { messageId: '', headers: {} };
    const send = () => broker.publish(noteMessage(note, 'same', { properties: nameless }));
    await waitFor('the queue', () => send().then(() => true));
    const [first] = await arrived(1);
    await letters.discard(first!.id);
    await send();
    const [second] = await arrived(2);
    expect(second!.messageId).toBe(`${first!.messageId}#2`);
    await letters.replay(second!.id);
    await send();
    const [third] = await arrived(3);
    expect(third!.messageId).toBe(`${first!.messageId}#3`);
    expect(told.map(({ messageId }) => messageId)).toEqual([first, second, third].map((each) => each!.messageId));
    // A second delivery of a death is no other death.
    const { properties, body } = await letters.get(third!.id);
    await letters.discard(third!.id);
    await broker.publish({
      exchange: '',
      routingKey: `${note.queue.name}.dead`,
      body,
      properties: { ...properties, messageId: first!.messageId },
    });
    await kill('marker');
    await arrived(4);
    expect(told).toHaveLength(4);
  });

  it('refuses to act twice, or on what is not there', async () => {
    await kill('once');
    const [letter] = await arrived(1);
    await letters.discard(letter!.id);
    expect(await listed({ state: 'parked' })).toEqual([]);
    await expect(letters.discard(letter!.id)).rejects.toMatchObject({
      name: 'DeadLetterNotParkedError',
      state: 'discarded',
    });
    await expect(letters.replay(letter!.id)).rejects.toMatchObject({ name: 'DeadLetterNotParkedError' });
    await expect(letters.replay(987_654_321)).rejects.toMatchObject({ name: 'DeadLetterNotFoundError' });
  });

  it('keeps a letter parked that cannot be sent back', async () => {
    await kill('stays');
    const [letter] = await arrived(1);
    await broker.drain(1_000);
    await place.deleteQueue(note.queue.name);
    await expect(letters.replay(letter!.id)).rejects.toMatchObject({ name: 'UnroutableError' });
    expect(await letters.get(letter!.id)).toMatchObject({ state: 'parked', replays: 0 });
  });

  it('lists newest first, by page, filtered by each field', async () => {
    for (const text of ['1', '2', '3'])
      await kill(text, { properties: { messageId: text, type: `t${text}`, headers: {} } });
    await arrived(3);
    const page = await letters.list({ queue: note.queue.name }, { page: 2, pageSize: 2 });
    expect(page).toMatchObject({ total: 3, items: [{ messageId: '1' }] });
    expect(await listed({ type: 't2' })).toMatchObject([{ messageId: '2' }]);
    expect(await listed({ runId: 'none' })).toEqual([]);
  });

  it('groups letters by what they died of', async () => {
    for (const [text, reason] of [
      ['1', 'BAD_DATE: 31.2.'],
      ['2', 'BAD_DATE: 30.2.'],
      ['3', 'UNKNOWN_TYPE'],
    ] as const) {
      await kill(text, { properties: { messageId: text, type: 't', headers: { [HEADER.deadReason]: reason } } });
    }
    await arrived(3);
    const { name: queue } = note.queue;
    expect(await letters.causes({ queue })).toMatchObject([
      { queue, type: 't', cause: 'BAD_DATE', state: 'parked', count: 2, reason: 'BAD_DATE: 30.2.' },
      { queue, type: 't', cause: 'UNKNOWN_TYPE', state: 'parked', count: 1 },
    ]);
    expect(await listed({ cause: 'BAD_DATE' })).toHaveLength(2);
  });

  describe('of which many are sent back', () => {
    let replayer: DeadLetterReplayer;
    let back: { text: string; at: number }[];

    const startReplayer = (): void => {
      replayer = new DeadLetterReplayer(dataSource, new DeadLetterStore(dataSource), broker);
      replayer.start();
    };
    const killAll = async (texts: readonly string[]): Promise<void> => {
      for (const [at, text] of texts.entries()) {
        await kill(text);
        await arrived(at + 1);
      }
    };
    const consume = () =>
      broker.subscribe(note.queue, { prefetch: 5, batchSize: 1, batchWaitMs: 5, concurrency: 1 }, async (all) => {
        back.push(...all.map(({ body }) => ({ text: body.toString(), at: performance.now() })));
        return all.map((): Settlement => ({ kind: 'ack' }));
      }).ready;

    beforeEach(async () => {
      back = [];
      await consume();
    });
    afterEach(() => replayer?.stop());

    it('sends them in the order in which they came, no faster than asked, and once', async () => {
      startReplayer();
      await killAll(['1', '2', '3', '4', '5']);
      const askedAt = performance.now();
      expect(await letters.replayMatching({ queue: note.queue.name }, { ratePerSecond: 10 })).toBe(5);
      await waitFor('all of them', () => back.length === 5);
      expect(back.map(({ text }) => text)).toEqual(
        ['1', '2', '3', '4', '5'].map((text) => expect.stringContaining(text)),
      );
      for (const [index, { at }] of back.entries()) expect(at - askedAt).toBeGreaterThan(index * 100 - 20);
      await waitFor('the last state', async () => (await listed({ state: 'replayed' })).length === 5);
      expect(await letters.replayMatching({ queue: note.queue.name }, { ratePerSecond: 10 })).toBe(0);
    });

    it('knows when the next is due, so that it rests until then', async () => {
      const store = new DeadLetterStore(dataSource);
      expect(await store.nextDueMs()).toBeUndefined();
      await killAll(['1', '2']);
      await letters.replayMatching({ queue: note.queue.name }, { ratePerSecond: 0.01 });
      expect(await store.nextDueMs()).toBe(0);
      startReplayer();
      await waitFor('the first', () => back.length === 1);
      const ms = await waitFor('its state', () => store.nextDueMs(), { until: (due) => due !== 0 });
      expect(ms).toBeGreaterThan(80_000);
      expect(ms).toBeLessThanOrEqual(100_000);
      await letters.cancelReplay({ queue: note.queue.name });
    });

    it('goes on with what a service that died had scheduled', async () => {
      await killAll(['1', '2']);
      await letters.replayMatching({ queue: note.queue.name }, { ratePerSecond: 100 });
      expect(await listed({ state: 'scheduled' })).toHaveLength(2);
      startReplayer();
      await waitFor('both', () => back.length === 2);
    });

    it('parks again what is called off, and leaves what does not match', async () => {
      startReplayer();
      await killAll(['1', '2', '3']);
      await letters.replayMatching({ queue: note.queue.name }, { ratePerSecond: 0.01 });
      await waitFor('the first', () => back.length === 1);
      expect(await letters.cancelReplay({ queue: 'another' })).toBe(0);
      expect(await letters.cancelReplay({ queue: note.queue.name })).toBe(2);
      expect(await listed({ state: 'parked' })).toHaveLength(2);
      expect(await letters.discardMatching({ queue: note.queue.name })).toBe(2);
      expect(await listed({ state: 'discarded' })).toHaveLength(2);
    });

    it('rests while another replica has in hand what is due', async () => {
      await killAll(['1']);
      await letters.replayMatching({ queue: note.queue.name }, { ratePerSecond: 1 });
      let finish: () => void = () => undefined;
      const slow = makeBrokerDouble(() => new Promise((resolve) => (finish = resolve)));
      const other = new DeadLetterReplayer(await database.open(), new DeadLetterStore(dataSource), slow.broker);
      other.start();
      await waitFor('the first replica to have it', () => slow.published.length === 1);
      const store = new DeadLetterStore(dataSource);
      const claimDue = vi.spyOn(store, 'claimDue');
      const startedAt = performance.now();
      replayer = new DeadLetterReplayer(dataSource, store, broker);
      replayer.start();
      await waitFor('a few looks', () => claimDue.mock.calls.length >= 5);
      // Woken once, when it begins to listen.
      expect(performance.now() - startedAt).toBeGreaterThan(3 * 250 - 10);
      finish();
      await other.stop();
      expect(await listed({ state: 'replayed' })).toHaveLength(1);
    });

    it('parks what its queue does not take', async () => {
      await killAll(['1']);
      await broker.drain(1_000);
      await place.deleteQueue(note.queue.name);
      await letters.replayMatching({ queue: note.queue.name }, { ratePerSecond: 10 });
      startReplayer();
      await waitFor('the letter to be parked', async () => (await listed({ state: 'parked' })).length === 1);
    });
  });
});
