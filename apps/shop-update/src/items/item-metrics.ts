import type { MetricSource, MetricsRegistry } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { STUCK_REASONS } from './stuck.js';
import { SUMMARY_GROUPS, Summary } from './summary.js';

/** How much waits for the shop, how long the oldest of it has, and what is stuck. */
@Injectable()
export class ItemMetrics implements MetricSource {
  constructor(private readonly summary: Summary) {}

  register(registry: MetricsRegistry): void {
    const { summary } = this;
    const oldest = new Gauge({
      name: 'shop_update_oldest_waiting_seconds',
      help: 'Age of the item that was queued first, by where it stands; 0 when there is none.',
      labelNames: ['state'],
      registers: [registry],
    });
    new Gauge({
      name: 'shop_update_items',
      help: 'Items that the shop does not know yet, by where they stand.',
      labelNames: ['state'],
      registers: [registry],
      async collect() {
        const groups = await summary.countGroups();
        for (const state of SUMMARY_GROUPS) {
          this.set({ state }, groups[state].items);
          oldest.set({ state }, groups[state].oldestAgeSeconds ?? 0);
        }
      },
    });
    new Gauge({
      name: 'shop_update_stuck_items',
      help: 'Items that should have gone on long ago, by the reason; counted up to 10,000.',
      labelNames: ['reason'],
      registers: [registry],
      async collect() {
        const counts = new Map((await summary.countStuck()).map(({ reason, items }) => [reason, items]));
        for (const reason of STUCK_REASONS) this.set({ reason }, counts.get(reason) ?? 0);
      },
    });
  }
}
