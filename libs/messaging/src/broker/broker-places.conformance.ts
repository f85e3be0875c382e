import { describeOnEveryEngine, describeWithEngines, type Engines } from '@lockstep/testing';
import { makePostgresPlace, UNREACHABLE_POSTGRES_URL } from '../postgres/postgres-place.conformance.js';
import { makeRabbitPlace, UNREACHABLE_RABBIT_URL } from '../rabbitmq/rabbit-place.conformance.js';
import type { BrokerPlace } from './broker.conformance.js';

/** One adapter on one kind of engines. */
export interface BrokerSetting {
  readonly engines: Engines;
  readonly makePlace: () => Promise<BrokerPlace>;
  readonly unreachableUrl: string;
}

/** A suite of what works over the port, for every adapter: that on PostgreSQL runs on the embedded one too. */
export function describeOnEveryBroker(name: string, define: (setting: BrokerSetting) => void): void {
  describeWithEngines(`${name} on RabbitMQ`, (engines) =>
    define({ engines, makePlace: () => makeRabbitPlace(engines), unreachableUrl: UNREACHABLE_RABBIT_URL }),
  );
  describeOnEveryEngine(`${name} on PostgreSQL`, (engines) =>
    define({ engines, makePlace: () => makePostgresPlace(engines), unreachableUrl: UNREACHABLE_POSTGRES_URL }),
  );
}
