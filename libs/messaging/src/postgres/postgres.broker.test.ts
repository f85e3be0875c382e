import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createTestDatabase, describeWithEngines, type TestDatabase, waitFor } from '@lockstep/testing';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { describeBroker } from '../broker/broker.conformance.js';
import type { Broker, Delivery, DeliveryHandler, Settlement, SubscribeOptions } from '../broker/broker.js';
import { makeNote, type Note, noteMessage, textOf } from '../broker/note.fixture.js';
import { MessagingCounters } from '../counters.js';
import { PostgresBroker, type PostgresBrokerOptions } from './postgres.broker.js';
import { makePostgresPlace } from './postgres-place.conformance.js';

const OPTIONS: SubscribeOptions = { prefetch: 20, batchSize: 1, batchWaitMs: 20, concurrency: 1 };
const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));

describeBroker('PostgreSQL keeps the promises of a broker', makePostgresPlace);

/** Publishes without end, tells what was confirmed, and never finishes what it consumes; on the compiled library. */
const ENDLESS = `
  import { PostgresBroker } from '@lockstep/messaging';
  const { url, definition, queue } = JSON.parse(process.env.SCENE);
  const broker = new PostgresBroker({ url, service: 'tcs', catalogue: [definition] });
  await broker.subscribe(queue, ${JSON.stringify(OPTIONS)}, () => new Promise(() => {})).ready;
  for (let number = 0; ; number += 50) {
    const publishing = Array.from({ length: 50 }, async (_, index) => {
      const text = String(number + index);
      const properties = { messageId: text, headers: {} };
      const body = Buffer.from(JSON.stringify({ text }));
      await broker.publish({ exchange: definition.exchange, routingKey: definition.routingKey, body, properties });
      return text;
    });
    console.log((await Promise.all(publishing)).join());
  }
`;

describeWithEngines('The PostgreSQL broker', (engines) => {
  let database: TestDatabase;
  let admin: pg.Client;
  const opened: Broker[] = [];
  const started: ChildProcess[] = [];

  beforeAll(async () => {
    database = await createTestDatabase(engines);
    admin = new pg.Client({ connectionString: database.url });
    // Removing the database ends this connection too.
    admin.on('error', () => undefined);
    await admin.connect();
  });
  afterEach(async () => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
    await Promise.all(opened.splice(0).map((broker) => broker.close()));
  });
  afterAll(async () => {
    await database?.remove();
  });

  async function open(note: Note, options: Partial<PostgresBrokerOptions> = {}): Promise<PostgresBroker> {
    const broker = new PostgresBroker({
      url: database.url,
      service: 'tcs',
      catalogue: [note.definition],
      ...options,
    });
    opened.push(broker);
    await broker.connect();
    return broker;
  }

  async function collect(broker: Broker, note: Note, answer: Settlement = { kind: 'ack' }): Promise<Delivery[]> {
    const seen: Delivery[] = [];
    await broker.subscribe(note.queue, OPTIONS, async (deliveries) => {
      seen.push(...deliveries);
      return deliveries.map(() => answer);
    }).ready;
    return seen;
  }

  async function makeQueue(note: Note): Promise<void> {
    const broker = await open(note);
    await collect(broker, note);
    await broker.close();
  }

  const depthOf = async (broker: PostgresBroker, note: Note) =>
    (await broker.queueDepths()).find(({ queue }) => queue === note.queue.name);

  it('makes its tables once when several services start at once on an empty database', async () => {
    const empty = await createTestDatabase(engines);
    const notes = Array.from({ length: 4 }, () => makeNote());
    const brokers = await Promise.all(notes.map((note) => open(note, { url: empty.url })));
    const seen = await Promise.all(notes.map((note, index) => collect(brokers[index]!, note)));
    // Each is published by another service than the one that made its queue.
    await Promise.all(notes.map((note, index) => brokers[(index + 1) % 4]!.publish(noteMessage(note, 'once'))));
    await waitFor('every message', () => seen.every((each) => each.length === 1));
    await Promise.all(brokers.map((broker) => broker.close()));
    await empty.remove();
  });

  it('keeps what is sent to a service that was never started', async () => {
    const note = makeNote();
    await (await open(note)).publish(noteMessage(note, 'early'));
    const seen = await collect(await open(note), note);
    await waitFor('the message', () => seen.length);
  });

  it('heals when the server ends its connections, and loses nothing that was confirmed', async () => {
    const note = makeNote();
    const broker = await open(note, { service: 'ended' });
    const seen = await collect(broker, note);
    const confirmed: string[] = [];
    const publishAll = async (first: number): Promise<void> => {
      for (let number = first; number < first + 200; number += 1) {
        const text = String(number);
        await broker.publish(noteMessage(note, text)).then(
          () => confirmed.push(text),
          (error: Error) => expect(error).toMatchObject({ name: 'PublishUnconfirmedError' }),
        );
      }
    };
    const publishing = publishAll(0);
    await waitFor('the first', () => seen.length);
    const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'ended/%'`;
    expect((await admin.query(end)).rowCount).toBe(2);
    await publishing;
    await publishAll(200);
    await waitFor('all that was confirmed', () => new Set(seen.map(textOf)), {
      until: (texts) => confirmed.every((text) => texts.has(text)),
    });
    expect(confirmed).toContain('399');
    expect(broker.state()).toMatchObject({ connected: true, subscriptions: [{ state: 'open' }] });
  });

  it('loses nothing that was confirmed when its process is killed, and repeats what was in hand', async () => {
    const note = makeNote();
    const { definition, queue } = note;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', ENDLESS], {
      cwd: PACKAGE,
      env: { PATH: process.env['PATH'], SCENE: JSON.stringify({ url: database.url, definition, queue }) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    started.push(child);
    let output = '';
    let errors = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (errors += data));
    await waitFor('a thousand confirmed', () => {
      if (child.exitCode !== null) throw new Error(errors);
      return output.split('\n').length > 20;
    });
    child.kill('SIGKILL');
    await waitFor('its end', () => child.signalCode !== null);
    const confirmed = output.slice(0, output.lastIndexOf('\n')).split(/[,\n]/);
    const seen = await collect(await open(note), note);
    await waitFor('all that was confirmed', () => new Set(seen.map(textOf)), {
      until: (texts) => confirmed.every((text) => texts.has(text)),
    });
    expect(seen.filter(({ redelivered }) => redelivered).length).toBeGreaterThan(0);
    expect(seen.every(({ attempt }) => attempt === 1)).toBe(true);
  });

  it('tells what every queue holds', async () => {
    const note = makeNote({ retryDelaysMs: [60_000] });
    const broker = await open(note);
    const answers: Record<string, Settlement> = {
      delayed: { kind: 'retry', reason: 'LATER' },
      dead: { kind: 'dead', reason: 'NEVER' },
    };
    const handler: DeliveryHandler = ([delivery]) => {
      const answer = answers[textOf(delivery!)];
      return answer ? Promise.resolve([answer]) : new Promise(() => undefined);
    };
    await broker.subscribe(note.queue, { ...OPTIONS, prefetch: 1 }, handler).ready;
    for (const text of ['delayed', 'dead', 'in hand', 'ready', 'ready']) await broker.publish(noteMessage(note, text));
    const expected = { queue: note.queue.name, ready: 2, inHand: 1, delayed: 1, dead: 1 };
    await waitFor('the depths', () => depthOf(broker, note), {
      until: (depth) => JSON.stringify(depth) === JSON.stringify(expected),
    });
  });

  it('does not count against a message that it was waiting while services came and went', async () => {
    const note = makeNote();
    await makeQueue(note);
    const publisher = await open(note);
    for (const text of ['1', '2', '3']) await publisher.publish(noteMessage(note, text));
    const broker = await open(note);
    let started = 0;
    await broker.subscribe(note.queue, OPTIONS, () => {
      started += 1;
      return new Promise(() => undefined);
    }).ready;
    await waitFor('the first to be in hand', () => started);
    await broker.drain(0);
    const seen = await collect(publisher, note);
    await waitFor('all', () => seen.length === 3);
    expect(seen.map((delivery) => [textOf(delivery), delivery.redelivered])).toEqual([
      ['1', true],
      ['2', false],
      ['3', false],
    ]);
  });

  it('leaves nothing claimed when a claim is answered only after the drain has given up waiting', async () => {
    const note = makeNote();
    await makeQueue(note);
    const publisher = await open(note);
    for (const text of ['1', '2', '3']) await publisher.publish(noteMessage(note, text));
    await admin.query('BEGIN; LOCK TABLE broker.message IN SHARE MODE');
    const leaving = await open(note, { service: 'leaving' });
    const subscription = leaving.subscribe(note.queue, OPTIONS, () => new Promise(() => undefined));
    await subscription.ready;
    const closing = leaving.close();
    await waitFor('the end of the drain', () => subscription.state === 'closed');
    await admin.query('COMMIT');
    await closing;
    expect((await admin.query(`SELECT FROM broker.session WHERE service = 'leaving'`)).rowCount).toBe(0);
    const seen = await collect(publisher, note);
    await waitFor('all three', () => seen.length === 3);
  });

  it('delivers again what was in hand when the place of its dead letters was deleted', async () => {
    const note = makeNote();
    const counters = new MessagingCounters();
    const broker = await open(note, { counters });
    for (const text of ['1', '2', '3', '4', '5']) await broker.publish(noteMessage(note, text));
    const seen: Delivery[] = [];
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    await broker.subscribe(note.queue, { ...OPTIONS, prefetch: 5 }, async (deliveries) => {
      seen.push(...deliveries);
      await finished;
      return deliveries.map(() => ({ kind: 'ack' }));
    }).ready;
    await waitFor('five in hand', async () => (await depthOf(broker, note))?.inHand === 5 && seen.length === 1);
    await admin.query('DELETE FROM broker.queue WHERE name = $1', [`${note.queue.name}.dead`]);
    await waitFor('the loss', () => counters.total('messaging_channel_reopens_total'));
    await waitFor('the consumer', () => broker.state().subscriptions[0]?.state === 'open');
    finish();
    await waitFor('all five again', () => seen.filter(({ redelivered }) => redelivered).map(textOf), {
      until: (texts) => texts.toSorted().join() === '1,2,3,4,5',
    });
    await waitFor('nothing left', async () => {
      const depth = await depthOf(broker, note);
      return depth?.inHand === 0 && depth.ready === 0;
    });
  });

  it('takes two connections, named for operators, and leaves neither them nor a session behind', async () => {
    const broker = await open(makeNote(), { service: 'shown' });
    const connections = async () => {
      const { rows } = await admin.query(
        `SELECT application_name AS name FROM pg_stat_activity WHERE application_name LIKE 'shown/%' ORDER BY 1`,
      );
      return rows.map(({ name }: { name: string }) => name.split('@')[0]);
    };
    expect(await connections()).toEqual(['shown/consume', 'shown/publish']);
    await broker.close();
    await waitFor('both to end', async () => (await connections()).length === 0);
    const { rows } = await admin.query(`SELECT * FROM broker.session WHERE service = 'shown'`);
    expect(rows).toEqual([]);
  });

  it('stores the neighbours of a message that the database cannot hold', async () => {
    const note = makeNote({ routingKey: 'any.#' });
    const broker = await open(note);
    const seen = await collect(broker, note);
    const results = await Promise.allSettled(
      ['any.a', 'any.\u0000', 'any.b'].map((routingKey) =>
        broker.publish(noteMessage(note, routingKey, { routingKey })),
      ),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    await waitFor('both', () => seen.length === 2);
  });

  it('holds its publishes back while the database is out of disk or memory, and says so', async () => {
    const note = makeNote();
    await makeQueue(note);
    const broker = await open(note);
    await admin.query(`CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
      CREATE TRIGGER full_disk BEFORE INSERT ON broker.message FOR EACH STATEMENT EXECUTE FUNCTION disk_full()`);
    try {
      const impatient = await open(note, { confirmTimeoutMs: 3_000 });
      await expect(impatient.publish(noteMessage(note, 'refused'))).rejects.toMatchObject({ reason: 'refused' });
      const publishing = broker.publish(noteMessage(note, 'held'));
      await waitFor('it to say so', () => broker.state().blocked);
      await admin.query('DROP TRIGGER full_disk ON broker.message');
      await publishing;
      await waitFor('the alarm to end', () => !broker.state().blocked);
    } finally {
      await admin.query('DROP FUNCTION disk_full CASCADE');
    }
  });

  it('takes names longer than those of a notification channel', async () => {
    const note = makeNote({ name: 'n'.repeat(200) });
    const broker = await open(note);
    const seen = await collect(broker, note);
    await broker.publish(noteMessage(note, 'arrives'));
    await waitFor('the message', () => seen.length);
  });
});
