import type { Engines } from '@lockstep/testing';
import { makePostgresPlace, UNREACHABLE_POSTGRES_URL } from '../postgres/postgres-place.conformance.js';
import { makeRabbitPlace, UNREACHABLE_RABBIT_URL } from '../rabbitmq/rabbit-place.conformance.js';
import type { BrokerPlace } from './broker.conformance.js';

/** Every adapter, for suites of what works over the port. */
export const brokerPlaces: readonly {
  readonly name: string;
  readonly makePlace: (engines: Engines) => Promise<BrokerPlace>;
  readonly unreachableUrl: string;
}[] = [
  { name: 'RabbitMQ', makePlace: makeRabbitPlace, unreachableUrl: UNREACHABLE_RABBIT_URL },
  { name: 'PostgreSQL', makePlace: makePostgresPlace, unreachableUrl: UNREACHABLE_POSTGRES_URL },
];
