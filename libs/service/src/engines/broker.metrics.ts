import { COUNTERS, type CounterName, MessagingCounters, Outbox } from '@lockstep/messaging';
import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import type { MetricSource, MetricsRegistry } from '../metrics/metrics-registry.js';

/** Labels of each counter: Prometheus wants them before the first value. */
const LABELS: Record<CounterName, string[]> = {
  messaging_published_total: ['outcome'],
  messaging_delivered_total: ['queue'],
  messaging_settled_total: ['queue', 'verdict'],
  messaging_batches_total: ['queue'],
  messaging_batch_messages_total: ['queue'],
  messaging_handler_seconds_total: ['queue'],
  messaging_channel_reopens_total: ['queue'],
};

/** The messaging library's own counts and the outbox, for Prometheus. */
@Injectable()
export class BrokerMetrics implements MetricSource {
  constructor(
    private readonly counters: MessagingCounters,
    private readonly outbox: Outbox,
  ) {}

  register(registry: MetricsRegistry): void {
    for (const name of Object.keys(COUNTERS) as CounterName[]) this.registerCounter(name, registry);
    this.registerOutbox(registry);
  }

  private registerCounter(name: CounterName, registry: MetricsRegistry): void {
    const counters = this.counters;
    new Counter({
      name,
      help: COUNTERS[name],
      labelNames: LABELS[name],
      registers: [registry],
      collect() {
        this.reset();
        for (const sample of counters.samples()) if (sample.name === name) this.inc(sample.labels, sample.value);
      },
    });
  }

  private registerOutbox(registry: MetricsRegistry): void {
    const outbox = this.outbox;
    const age = new Gauge({
      name: 'outbox_oldest_age_seconds',
      help: 'Age of the oldest message that waits to be published.',
      registers: [registry],
    });
    new Gauge({
      name: 'outbox_pending',
      help: 'Messages that wait to be published.',
      registers: [registry],
      async collect() {
        const backlog = await outbox.backlog();
        this.set(backlog.count);
        age.set(backlog.oldestAgeSeconds);
      },
    });
  }
}
