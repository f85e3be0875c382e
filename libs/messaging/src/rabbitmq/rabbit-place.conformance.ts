import { createTestVhost, openTcpProxy, type RealEngines, type TcpProxy } from '@lockstep/testing';
import { connect } from 'amqplib';
import type { BrokerPlace } from '../broker/broker.conformance.js';
import type { Broker } from '../broker/broker.js';
import { buildRabbitDefinitions } from '../topology/rabbit-definitions.js';
import { RabbitBroker } from './rabbit.broker.js';

/** Port 1 is reserved and never listens. */
export const UNREACHABLE_RABBIT_URL = 'amqp://guest:guest@127.0.0.1:1/none';

/** A virtual host of its own on the real RabbitMQ, each broker with a wire that can be cut. */
export async function makeRabbitPlace(engines: RealEngines): Promise<BrokerPlace> {
  const vhost = await createTestVhost(engines);
  const proxies = new Map<Broker, TcpProxy>();
  return {
    url: vhost.url,
    open: async (catalogue, { silenceLimitMs, ...options } = {}) => {
      const proxy = await openTcpProxy(vhost.url);
      const url = silenceLimitMs ? `${proxy.url}?heartbeat=${Math.ceil(silenceLimitMs / 1_000)}` : proxy.url;
      const exchanges = [...new Set(catalogue.map(({ exchange }) => exchange))];
      const broker = new RabbitBroker({ url, service: 'tcs', catalogue, exchanges, ...options });
      proxies.set(broker, proxy);
      return broker;
    },
    openUnreachable: () =>
      new RabbitBroker({
        url: UNREACHABLE_RABBIT_URL,
        service: 'tcs',
        catalogue: [],
        initialMaxRetries: 1,
      }),
    crash: (broker) => proxies.get(broker)?.cut(),
    disconnect: (broker) => proxies.get(broker)?.drop(),
    freeze: (broker) => proxies.get(broker)?.freeze(),
    declare: (catalogue) => vhost.management.importDefinitions(buildRabbitDefinitions(catalogue)),
    deleteQueue: (name) => vhost.management.deleteQueue(name),
    countReady: (queue) => countReady(vhost.url, queue),
    remove: async () => {
      for (const proxy of proxies.values()) proxy.cut();
      await vhost.remove();
    },
  };
}

/** Asked of the queue itself, because the management plugin's counts are late. */
async function countReady(url: string, queue: string): Promise<number> {
  const connection = await connect(url);
  try {
    const channel = await connection.createChannel();
    return (await channel.checkQueue(queue)).messageCount;
  } finally {
    await connection.close();
  }
}
