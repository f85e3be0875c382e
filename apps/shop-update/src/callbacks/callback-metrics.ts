import type { MetricSource, MetricsRegistry } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { InboxStore } from './inbox.store.js';

/** How many callbacks wait to be applied, and how many were refused. */
@Injectable()
export class CallbackMetrics implements MetricSource {
  readonly refused = new Counter({
    name: 'shop_update_callbacks_refused_total',
    help: 'Calls of batches that came without a right key or from another address.',
    registers: [],
  });

  constructor(private readonly inbox: InboxStore) {}

  register(registry: MetricsRegistry): void {
    const { inbox } = this;
    registry.registerMetric(this.refused);
    new Gauge({
      name: 'shop_update_callbacks_waiting',
      help: 'Callbacks that are kept and not judged yet.',
      registers: [registry],
      async collect() {
        this.set(await inbox.countWaiting());
      },
    });
  }
}
