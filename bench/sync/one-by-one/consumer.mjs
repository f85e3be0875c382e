import amqp from 'amqplib';
import { serveWorker } from '../../machine/worker.mjs';
import { Elastic } from '../elastic.mjs';

const PAGE = 1_000;

serveWorker(async ({ rabbitmqUrl, elasticsearchUrl, queue, master, projections }) => {
  const connection = await amqp.connect(rabbitmqUrl, { noDelay: true });
  const channel = await connection.createChannel();
  await channel.assertQueue(queue, { durable: false, autoDelete: true });
  await channel.prefetch(1);
  const elastic = new Elastic(elasticsearchUrl, projections.length);
  await elastic.request('GET', '/_cluster/health');
  return async () => {
    const startedAt = performance.now();
    await mergeAll(channel, queue, elastic, master);
    const mergedAt = performance.now();
    // Both services copy at the same time, as two processes would.
    const copied = await Promise.all(projections.map((projection) => project(elastic, master, projection)));
    const phases = {
      mergeSeconds: (mergedAt - startedAt) / 1_000,
      projectSeconds: (performance.now() - mergedAt) / 1_000,
    };
    return { doctors: copied[0], phases };
  };
});

/** Resolves when both sources have said that they are done. */
function mergeAll(channel, queue, elastic, master) {
  let sourcesLeft = 2;
  return new Promise((resolve, reject) => {
    const onMessage = async (message) => {
      const record = JSON.parse(message.content.toString('utf8'));
      if (record) await mergeOne(elastic, master, record);
      else {
        // The next source's searches, and the projections, must find what this one wrote.
        await elastic.request('POST', `/${master}/_refresh`);
        sourcesLeft -= 1;
      }
      channel.ack(message);
      if (sourcesLeft === 0) resolve();
    };
    channel.consume(queue, (message) => void onMessage(message).catch(reject)).catch(reject);
  });
}

/** Find by number, merge, write; the engine chooses the id of a new document. */
async function mergeOne(elastic, master, record) {
  const search = { size: 1, query: { term: { gmcReferenceNumber: record.gmcReferenceNumber } } };
  const { hits } = await elastic.request('POST', `/${master}/_search`, search);
  const found = hits.hits[0];
  const path = found ? `/${master}/_doc/${found._id}` : `/${master}/_doc`;
  await elastic.request('POST', path, { ...found?._source, ...record });
}

/** Read in pages, written one at a time. */
async function project(elastic, master, projection) {
  const { id } = await elastic.request('POST', `/${master}/_pit?keep_alive=5m`);
  let written = 0;
  let after;
  for (;;) {
    const { hits } = await elastic.request('POST', '/_search', {
      size: PAGE,
      pit: { id, keep_alive: '5m' },
      sort: [{ gmcReferenceNumber: 'asc' }],
      track_total_hits: false,
      ...(after && { search_after: after }),
    });
    for (const { _source } of hits.hits) {
      await elastic.request('POST', `/${projection}/_doc`, _source);
      written += 1;
    }
    if (hits.hits.length < PAGE) break;
    after = hits.hits.at(-1).sort;
  }
  await elastic.request('DELETE', '/_pit', { id });
  await elastic.request('POST', `/${projection}/_refresh`);
  return written;
}
