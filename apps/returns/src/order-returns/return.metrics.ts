import type { MetricSource, MetricsRegistry } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { Counter } from 'prom-client';
import { isUnknownEvent } from '../documents/fold-events.js';
import type { EventRecord } from './event-body.js';

/** What couriers and warehouses tell in words that nobody here knows: each is a status that readers do not see. */
@Injectable()
export class ReturnMetrics implements MetricSource {
  private readonly unknown = new Counter({
    name: 'return_sync_unknown_status_total',
    help: 'Events of returns whose status is no word that we know.',
    labelNames: ['source'],
    registers: [],
  });

  register(registry: MetricsRegistry): void {
    registry.registerMetric(this.unknown);
  }

  count(events: readonly EventRecord[]): void {
    for (const event of events) if (isUnknownEvent(event)) this.unknown.inc({ source: event.source });
  }
}
