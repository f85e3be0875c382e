/**
 * How such an import is usually written first: a message an object, a row for each thing that it waits for, and for each
 * answer one transaction that looks who waits for it. Given what costs it least: one process, confirms not awaited by the owner.
 */
import { randomUUID } from 'node:crypto';
import amqp from 'amqplib';
import pg from 'pg';
import { watchCpu } from '../machine/cpu-watch.mjs';
import { enginePids } from '../sync/place.mjs';

const PREFETCH = 20;
/** Objects that each other one depends on, counted from the first. */
const PARENTS = 100;

/** `{objects, seconds, perSecond, cpu}` of a two-level catalogue of so many objects. */
export async function measureOneByOne(place, objects, limitMs) {
  const client = new pg.Client({ connectionString: place.databaseUrl });
  await client.connect();
  const connection = await amqp.connect(place.rabbitmqUrl, { noDelay: true });
  const queues = ['requests', 'answers'].map((name) => `bench.import.${name}.${randomUUID()}`);
  try {
    await client.query(`CREATE SCHEMA IF NOT EXISTS bench;
      CREATE TABLE bench.object (id int PRIMARY KEY, fields json, status text NOT NULL);
      CREATE TABLE bench.waiting (child int, parent int, PRIMARY KEY (parent, child));
      CREATE INDEX ON bench.waiting (child);`);
    await client.query(
      `INSERT INTO bench.object SELECT n, '{"title":"Product"}', 'processing' FROM generate_series(1, $1) n`,
      [objects],
    );
    await client.query(
      `INSERT INTO bench.waiting SELECT n, 1 + n % ${PARENTS} FROM generate_series(${PARENTS + 1}, $1) n`,
      [objects],
    );
    const channel = await connection.createConfirmChannel();
    for (const queue of queues)
      await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    await channel.prefetch(PREFETCH);
    const stopWatch = watchCpu(enginePids(place.engines));
    const startedAt = performance.now();
    await run({ client, channel, queues, objects, limitMs });
    const seconds = (performance.now() - startedAt) / 1_000;
    return { objects, seconds, perSecond: objects / seconds, cpu: stopWatch() };
  } finally {
    await connection.close();
    await client.query('DROP SCHEMA IF EXISTS bench CASCADE');
    await client.end();
  }
}

function run({ client, channel, queues: [requests, answers], objects, limitMs }) {
  const publish = (queue, body) =>
    new Promise((resolve, reject) => {
      const content = Buffer.from(JSON.stringify(body));
      channel.sendToQueue(queue, content, { persistent: true }, (error) => (error ? reject(error) : resolve()));
    });
  const request = async (id) => {
    const { rows } = await client.query('SELECT fields FROM bench.object WHERE id = $1', [id]);
    await publish(requests, { id, fields: rows[0].fields });
  };
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`one by one: no end within ${limitMs} ms`)), limitMs);
    let left = objects;
    const answer = async (message) => {
      await publish(answers, { id: JSON.parse(message.content).id, status: 'complete' });
      channel.ack(message);
    };
    const complete = async (message) => {
      const { id } = JSON.parse(message.content);
      await client.query('BEGIN');
      await client.query(`UPDATE bench.object SET status = 'complete' WHERE id = $1`, [id]);
      const { rows } = await client.query('DELETE FROM bench.waiting WHERE parent = $1 RETURNING child', [id]);
      await client.query('COMMIT');
      for (const { child } of rows) {
        const found = await client.query('SELECT 1 FROM bench.waiting WHERE child = $1 LIMIT 1', [child]);
        if (found.rowCount === 0) await request(child);
      }
      channel.ack(message);
      left -= 1;
      if (left > 0) return;
      clearTimeout(timer);
      resolve();
    };
    // One connection to the database: answers take their turns.
    let turn = Promise.resolve();
    const inTurn = (message) => {
      turn = turn.then(() => complete(message)).catch(reject);
    };
    channel.consume(requests, (message) => void answer(message).catch(reject)).catch(reject);
    channel.consume(answers, inTurn).catch(reject);
    turn = (async () => {
      for (let id = 1; id <= Math.min(PARENTS, objects); id++) await request(id);
    })().catch(reject);
  });
}
