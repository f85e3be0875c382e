import { createTestDatabase, type Engines, openTcpProxy, type TcpProxy } from '@lockstep/testing';
import pg from 'pg';
import type { BrokerPlace } from '../broker/broker.conformance.js';
import type { Broker } from '../broker/broker.js';
import { queuesOf } from '../topology/queue-arguments.js';
import { PostgresBroker } from './postgres.broker.js';
import { PostgresLink } from './postgres-link.js';
import { declareQueues } from './postgres-topology.js';

/** Port 1 is reserved and never listens. */
export const UNREACHABLE_POSTGRES_URL = 'postgres://nobody:x@127.0.0.1:1/none';

/** A database of its own on the real PostgreSQL, each broker with a wire that can be cut. */
export async function makePostgresPlace(engines: Pick<Engines, 'databaseUrl'>): Promise<BrokerPlace> {
  const database = await createTestDatabase(engines);
  const proxies = new Map<Broker, TcpProxy>();
  const { url } = database;
  // Makes the tables, so that an operator may come first.
  const first = new PostgresBroker({ url, service: 'tcs', catalogue: [] });
  await first.connect();
  await first.close();
  return {
    url,
    open: async (catalogue, { silenceLimitMs, ...options } = {}) => {
      const proxy = await openTcpProxy(url);
      const answerTimeoutMs = silenceLimitMs;
      const broker = new PostgresBroker({ url: proxy.url, service: 'tcs', catalogue, answerTimeoutMs, ...options });
      proxies.set(broker, proxy);
      return broker;
    },
    openUnreachable: () =>
      new PostgresBroker({
        url: UNREACHABLE_POSTGRES_URL,
        service: 'tcs',
        catalogue: [],
        initialMaxRetries: 1,
      }),
    crash: (broker) => proxies.get(broker)?.cut(),
    disconnect: (broker) => proxies.get(broker)?.drop(),
    freeze: (broker) => proxies.get(broker)?.freeze(),
    declare: async (catalogue) => {
      const link = await PostgresLink.open({ url, name: 'operator', answerTimeoutMs: 10_000 });
      await declareQueues(link, queuesOf(catalogue), catalogue);
      await link.end(new Error('done'));
    },
    deleteQueue: async (name) => void (await ask(url, 'DELETE FROM broker.queue WHERE name = $1', [name])),
    countReady: async (queue) => {
      const [row] = await ask<{ count: number }>(
        url,
        `SELECT count(*)::int AS count FROM broker.message JOIN broker.queue ON queue.id = queue_id
         WHERE name = $1 AND due_at IS NULL AND claimed_by IS NULL`,
        [queue],
      );
      return row!.count;
    },
    remove: async () => {
      for (const proxy of proxies.values()) proxy.cut();
      await database.remove();
    },
  };
}

async function ask<Row>(url: string, text: string, values: readonly unknown[]): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text, [...values])).rows as Row[];
  } finally {
    await client.end();
  }
}
