/**
 * How such a synchronisation is usually written first, and was by the service that Lockstep follows: a message a record, a
 * search and a write for each, then every document once more, alone, into each of two indexes of other services.
 */
import { watchCpu } from '../../machine/cpu-watch.mjs';
import { startWorker } from '../../machine/worker.mjs';
import { enginePids } from '../place.mjs';

const PRODUCER = new URL('./producer.mjs', import.meta.url);
const CONSUMER = new URL('./consumer.mjs', import.meta.url);
const QUEUE = 'bench.one-by-one';

/** From the first message until the second projection is written. At most `limit` doctors: more would take minutes. */
export async function measureOneByOne(place, limit, limitMs) {
  const names = ['master', 'first', 'second'].map((name) => `${place.prefix}one-by-one-${name}`);
  const structure = await place.elastic.describe(`${place.prefix}masterdoctorindex`);
  for (const name of names) await place.elastic.create(name, structure, '1s');
  const settings = {
    rabbitmqUrl: place.rabbitmqUrl,
    databaseUrl: place.databaseUrl,
    elasticsearchUrl: place.engines.elasticsearchUrl,
    queue: QUEUE,
    limit,
    master: names[0],
    projections: names.slice(1),
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
    const [sent, { doctors, phases }] = await Promise.all([producer.begin(limitMs), consumed]);
    const seconds = (performance.now() - startedAt) / 1_000;
    const cpu = stopWatch();
    for (const name of names) {
      const found = await place.elastic.count(name);
      if (found !== sent.doctors) throw new Error(`one by one: ${found} doctors in ${name} of ${sent.doctors}`);
    }
    return { doctors, messages: sent.messages, seconds, perSecond: doctors / seconds, phases, cpu };
  } finally {
    for (const worker of workers) worker.stop();
    await place.elastic.request('DELETE', `/${names.join(',')}`);
  }
}
