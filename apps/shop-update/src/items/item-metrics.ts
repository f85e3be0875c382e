import type { MetricSource, MetricsRegistry } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { STUCK_REASONS } from './stuck.js';
import type { SummaryCount } from './summary.answer.js';
import { SUMMARY_GROUPS, Summary, type SummaryGroup } from './summary.js';

/** How much waits for the shop, how long the oldest of it has, and what is stuck. */
@Injectable()
export class ItemMetrics implements MetricSource {
  private counting: Promise<Record<SummaryGroup, SummaryCount>> | undefined;

  constructor(private readonly summary: Summary) {}

  register(registry: MetricsRegistry): void {
    const groupGauge = (name: string, help: string, read: (count: SummaryCount) => number) => {
      const count = () => this.count();
      new Gauge({
        name,
        help,
        labelNames: ['state'],
        registers: [registry],
        async collect() {
          const groups = await count();
          for (const state of SUMMARY_GROUPS) this.set({ state }, read(groups[state]));
        },
      });
    };
    groupGauge(
      'shop_update_items',
      'Items that the shop does not know yet, by where they stand.',
      ({ items }) => items,
    );
    groupGauge(
      'shop_update_oldest_waiting_seconds',
      'Age of the item that was queued first, by where it stands; 0 when there is none.',
      ({ oldestAgeSeconds }) => oldestAgeSeconds ?? 0,
    );
    this.registerStuck(registry);
  }

  private registerStuck(registry: MetricsRegistry): void {
    const { summary } = this;
    new Gauge({
      name: 'shop_update_attention_items',
      help: 'Items that failed so often that somebody should look; they are tried on.',
      registers: [registry],
      async collect() {
        this.set(await summary.countAttention());
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

  /** Both gauges of one scrape, which are read together, share one look at the table. */
  private count(): Promise<Record<SummaryGroup, SummaryCount>> {
    this.counting ??= this.summary.countGroups().finally(() => {
      this.counting = undefined;
    });
    return this.counting;
  }
}
