import { MessagingHealth } from '@lockstep/messaging';
import { Injectable } from '@nestjs/common';
import type { Health, HealthContributor } from '../health/health.js';

/** The broker takes our messages and every queue of the service is consumed. */
@Injectable()
export class BrokerHealth implements HealthContributor {
  readonly name = 'broker';

  constructor(private readonly messaging: MessagingHealth) {}

  check(): Health {
    const status = this.messaging.check();
    const detail = { ...status };
    if (!status.connected || !status.consumersRegistered || status.blocked) return { status: 'down', detail };
    return { status: status.degraded.length > 0 ? 'degraded' : 'up', detail };
  }
}
