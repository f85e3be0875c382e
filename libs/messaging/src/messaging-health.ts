import { Inject, Injectable } from '@nestjs/common';
import { BROKER, type Broker } from './broker/broker.js';
import { MessagingRuntime } from './messaging.runtime.js';

/** What a readiness check asks. Ready is `connected`, `consumersRegistered` and not `blocked`. */
export interface MessagingStatus {
  readonly connected: boolean;
  /** The broker takes no messages for lack of memory or disk. */
  readonly blocked: boolean;
  /** Every queue of the service is being consumed, its dead letters included. */
  readonly consumersRegistered: boolean;
  readonly queuesNotConsumed: readonly string[];
  /** Queues whose batch waits in hand for a database or index: ready, but degraded. */
  readonly degraded: readonly string[];
}

@Injectable()
export class MessagingHealth {
  constructor(
    @Inject(BROKER) private readonly broker: Broker,
    private readonly runtime: MessagingRuntime,
  ) {}

  /** As things stand now; asks nobody. */
  check(): MessagingStatus {
    const { connected, blocked, subscriptions } = this.broker.state();
    const queuesNotConsumed = subscriptions.filter(({ state }) => state !== 'open').map(({ queue }) => queue);
    return {
      connected,
      blocked,
      consumersRegistered: queuesNotConsumed.length === 0,
      queuesNotConsumed,
      degraded: this.runtime.queuesWaitingForEngine,
    };
  }
}
