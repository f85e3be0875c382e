/**
 * The raw limit: the same documents from PostgreSQL through RabbitMQ into Elasticsearch with nothing of ours on the way, no
 * merging, checking, counting or recovery. What a synchronisation over these three engines cannot beat on this machine.
 */
import { watchCpu } from '../../machine/cpu-watch.mjs';
import { startWorker } from '../../machine/worker.mjs';
import { enginePids } from '../place.mjs';

const PRODUCER = new URL('./producer.mjs', import.meta.url);
const CONSUMER = new URL('./consumer.mjs', import.meta.url);
const QUEUE = 'bench.raw';

/** From the first read until the index is refreshed; both processes are connected before. */
export async function measureRawChain(place, limitMs) {
  const index = `${place.prefix}raw`;
  await place.elastic.create(index, await place.elastic.describe(`${place.prefix}masterdoctorindex`), '-1');
  const settings = {
    rabbitmqUrl: place.rabbitmqUrl,
    databaseUrl: place.databaseUrl,
    elasticsearchUrl: place.engines.elasticsearchUrl,
    queue: QUEUE,
    index,
  };
  const workers = [];
  try {
    workers.push(await startWorker(CONSUMER, settings));
    workers.push(await startWorker(PRODUCER, settings));
    const [consumer, producer] = workers;
    const groups = { producer: [producer.pid], consumer: [consumer.pid], ...enginePids(place.engines) };
    const stopWatch = watchCpu(groups);
    const startedAt = performance.now();
    const consumed = consumer.begin(limitMs);
    const [sent, written] = await Promise.all([producer.begin(limitMs), consumed]);
    const seconds = (performance.now() - startedAt) / 1_000;
    const cpu = stopWatch();
    const searchable = await place.elastic.count(index);
    if (sent !== written || searchable !== sent) {
      throw new Error(`the raw chain sent ${sent} documents, wrote ${written}, and ${searchable} are searchable`);
    }
    return { documents: sent, seconds, perSecond: sent / seconds, cpu };
  } finally {
    for (const worker of workers) worker.stop();
    await place.elastic.request('DELETE', `/${index}`);
  }
}
