import type { MetricSource, MetricsRegistry } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram } from 'prom-client';
import { ShopLog } from '../logs/shop-log.js';
import type { Note, ShopCall } from '../queue/shop-call.js';
import type { Settings } from '../shop-config/settings.js';
import { BreakerStore } from './breaker.store.js';
import { toLogLines } from './call-log-lines.js';
import type { SentCall } from './shop.client.js';

/** Up to what an answer may take. */
const BUCKETS_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 30, 60];

/** What is told of calls to the shop: each to the log, all together as metrics. */
@Injectable()
export class CallJournal implements MetricSource {
  private readonly calls = new Counter({
    name: 'shop_update_calls_total',
    help: 'Calls to the shop, by method, flow and what came of them.',
    labelNames: ['method', 'flow', 'outcome'],
    registers: [],
  });
  private readonly duration = new Histogram({
    name: 'shop_update_call_duration_seconds',
    help: 'Time from sending a call to the end of its answer or acknowledgement.',
    labelNames: ['method', 'flow'],
    buckets: BUCKETS_SECONDS,
    registers: [],
  });

  constructor(
    private readonly log: ShopLog,
    private readonly breakers: BreakerStore,
  ) {}

  register(registry: MetricsRegistry): void {
    const { breakers } = this;
    registry.registerMetric(this.calls);
    registry.registerMetric(this.duration);
    new Gauge({
      name: 'shop_update_breaker_open_seconds',
      help: 'For how long nothing of a method (*: of any) is sent because calls failed; 0 while it is.',
      labelNames: ['method'],
      registers: [registry],
      async collect() {
        for (const { method, seconds } of await breakers.openFor()) this.set({ method }, seconds);
      },
    });
  }

  /** Counts a call; answers what writes it to the log. */
  record(
    call: ShopCall,
    sent: SentCall,
    { startedAt, answeredAt, settings }: { startedAt: Date; answeredAt: Date; settings: Settings },
  ): Note {
    const { method, flow } = call;
    const { outcome } = sent;
    this.calls.inc({ method, flow, outcome: outcome.kind === 'failed' ? outcome.reason : outcome.kind });
    this.duration.observe({ method, flow }, (answeredAt.getTime() - startedAt.getTime()) / 1_000);
    return (manager) => this.log.record(manager, toLogLines(call, sent, { startedAt, answeredAt }), settings);
  }
}
