/** The same bodies sent by as many senders, and one update of one row for each item, nothing else of ours. */
import http from 'node:http';
import pg from 'pg';
import { watchCpu } from '../machine/cpu-watch.mjs';
import { enginePids } from '../sync/place.mjs';

/** As many as the service has workers. */
const SENDERS = 4;

/** `{perSecond, seconds, cpu}`. */
export async function measureRaw(place, shop, bodies) {
  await place.pool.query(
    'CREATE TABLE public.raw_item (id int PRIMARY KEY, status text NOT NULL, answered_at timestamptz)',
  );
  const items = bodies.reduce((sum, { productsInfo }) => sum + productsInfo.length, 0);
  await place.pool.query(`INSERT INTO public.raw_item SELECT n, 'pending' FROM generate_series(1, $1) AS n`, [items]);
  const agent = new http.Agent({ keepAlive: true, maxSockets: SENDERS, noDelay: true });
  const clients = await Promise.all(
    Array.from({ length: SENDERS }, async () => {
      const client = new pg.Client({ connectionString: place.databaseUrl });
      await client.connect();
      return client;
    }),
  );
  let next = 0;
  let done = 0;
  const send = async (client) => {
    while (next < bodies.length) {
      const params = bodies[next++];
      await post(
        shop.url,
        agent,
        JSON.stringify([{ method: 'auth' }, { api: 1, method: 'x', params, id: String(next) }]),
      );
      for (const _ of params.productsInfo) {
        await client.query(`UPDATE public.raw_item SET status = 'synced', answered_at = now() WHERE id = $1`, [++done]);
      }
    }
  };
  const stopWatch = watchCpu({ ...enginePids(place.engines), shop: [shop.pid] });
  const startedAt = performance.now();
  await Promise.all(clients.map(send));
  const seconds = (performance.now() - startedAt) / 1_000;
  const cpu = stopWatch();
  await Promise.all(clients.map((client) => client.end()));
  agent.destroy();
  await place.pool.query('DROP TABLE public.raw_item');
  return { seconds, perSecond: items / seconds, cpu };
}

function post(url, agent, body) {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const request = http.request(url, { method: 'POST', agent, headers }, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => resolve(JSON.parse(Buffer.concat(chunks))));
    });
    request.on('error', reject);
    request.end(body);
  });
}
