import amqp from 'amqplib';
import { serveWorker } from '../../machine/worker.mjs';
import { Elastic } from '../elastic.mjs';

const PREFETCHED_MESSAGES = 20;
const BULK = 1_000;
const BULKS_IN_FLIGHT = 2;

serveWorker(async ({ rabbitmqUrl, elasticsearchUrl, queue, index }) => {
  const connection = await amqp.connect(rabbitmqUrl, { noDelay: true });
  const channel = await connection.createChannel();
  await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  await channel.prefetch(PREFETCHED_MESSAGES);
  const elastic = new Elastic(elasticsearchUrl, BULKS_IN_FLIGHT);
  await elastic.request('GET', '/_cluster/health');
  return () =>
    new Promise((resolve, reject) => {
      const writer = bulkWriter(elastic, index, channel);
      const onMessage = async (message) => {
        if (!message.properties.headers.last) return writer.add(message);
        await writer.flush();
        await elastic.request('POST', `/${index}/_refresh`);
        channel.ack(message);
        resolve(writer.written());
      };
      // The broker hands out as many messages as it may; those that come while bulks are under way wait here, in order.
      let turn = Promise.resolve();
      const onDelivery = (message) => {
        turn = turn.then(() => onMessage(message)).catch(reject);
      };
      channel.consume(queue, onDelivery).catch(reject);
    });
});

/** Bulks of 1,000 documents with two in flight; a message is acknowledged when its documents are stored. */
function bulkWriter(elastic, index, channel) {
  const inFlight = new Set();
  let lines = '';
  let size = 0;
  let messages = [];
  let written = 0;

  const send = async (body, count, covered) => {
    const answer = await elastic.request('POST', `/${index}/_bulk?filter_path=errors`, body);
    if (answer.errors) throw new Error('Elasticsearch refused documents of a bulk');
    written += count;
    for (const message of covered) channel.ack(message);
  };
  const hand = async () => {
    const sent = send(lines, size, messages).finally(() => inFlight.delete(sent));
    inFlight.add(sent);
    [lines, size, messages] = ['', 0, []];
    if (inFlight.size >= BULKS_IN_FLIGHT) await Promise.race(inFlight);
  };
  return {
    async add(message) {
      for (const line of message.content.toString('utf8').split('\n')) {
        if (line === '') continue;
        const [id, version] = line.split('\t', 2);
        const source = line.slice(id.length + version.length + 2);
        lines += `{"index":{"_id":"${id}","version":${version},"version_type":"external_gte"}}\n${source}\n`;
        size += 1;
      }
      messages.push(message);
      if (size >= BULK) await hand();
    },
    async flush() {
      if (size > 0) await hand();
      await Promise.all(inFlight);
    },
    written: () => written,
  };
}
