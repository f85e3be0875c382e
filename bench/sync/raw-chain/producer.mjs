import amqp from 'amqplib';
import pg from 'pg';
import { serveWorker } from '../../machine/worker.mjs';
import { COPY_TABLE } from '../master-copy.mjs';

const PAGE = 1_000;
const ITEMS_A_MESSAGE = 200;
const UNCONFIRMED_MESSAGES = 64;

serveWorker(async ({ databaseUrl, rabbitmqUrl, queue }) => {
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  const connection = await amqp.connect(rabbitmqUrl, { noDelay: true });
  const channel = await connection.createConfirmChannel();
  return async () => {
    const publish = publisher(channel, queue);
    let documents = 0;
    let after = '';
    for (;;) {
      const { rows } = await database.query({
        name: 'page',
        text: `SELECT id, version, source::text AS source FROM ${COPY_TABLE} WHERE id > $1 ORDER BY id LIMIT $2`,
        values: [after, PAGE],
      });
      for (let from = 0; from < rows.length; from += ITEMS_A_MESSAGE) {
        await publish(toBody(rows.slice(from, from + ITEMS_A_MESSAGE)), false);
      }
      documents += rows.length;
      if (rows.length < PAGE) break;
      after = rows.at(-1).id;
    }
    await publish('', true);
    await channel.waitForConfirms();
    return documents;
  };
});

/** The JSON text of a document is passed on as it is: neither side of the chain parses or writes JSON. */
function toBody(rows) {
  return rows.map(({ id, version, source }) => `${id}\t${version}\t${source}\n`).join('');
}

/** Persistent and confirmed; waits only while a window of messages is unconfirmed. */
function publisher(channel, queue) {
  let unconfirmed = 0;
  let wake;
  let failure;
  return async (text, isLast) => {
    while (unconfirmed >= UNCONFIRMED_MESSAGES && !failure) await new Promise((resolve) => (wake = resolve));
    if (failure) throw failure;
    unconfirmed += 1;
    const options = { persistent: true, mandatory: true, headers: { last: isLast } };
    channel.sendToQueue(queue, Buffer.from(text), options, (error) => {
      unconfirmed -= 1;
      failure ??= error ?? undefined;
      wake?.();
    });
  };
}
