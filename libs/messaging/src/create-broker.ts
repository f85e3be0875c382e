import type { Broker } from './broker/broker.js';
import { PostgresBroker, type PostgresBrokerOptions } from './postgres/postgres.broker.js';
import { RabbitBroker, type RabbitBrokerOptions } from './rabbitmq/rabbit.broker.js';

/** The broker that the URL is of: PostgreSQL's own schemes name the one for installations without RabbitMQ. */
export function createBroker(options: RabbitBrokerOptions & PostgresBrokerOptions): Broker {
  return /^postgres(ql)?:/.test(options.url) ? new PostgresBroker(options) : new RabbitBroker(options);
}
