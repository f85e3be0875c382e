import type { MetricSource, MetricsRegistry } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { LagStore } from './lag.store.js';
import { MetricsStore } from './metrics.store.js';
import { SyncCounters } from './sync-counters.js';

/** The sync for Prometheus: gauges are read from the database at each scrape, counters are of this process. */
@Injectable()
export class SyncMetrics implements MetricSource {
  constructor(
    private readonly lag: LagStore,
    private readonly store: MetricsStore,
    private readonly counters: SyncCounters,
  ) {}

  register(registry: MetricsRegistry): void {
    this.registerLag(registry);
    this.registerState(registry);
    this.registerCounters(registry);
  }

  private registerLag(registry: MetricsRegistry): void {
    const { lag } = this;
    const pending = gauge(registry, 'return_sync_pending_changes', 'Returns whose changes wait, up to 10000.');
    new Gauge({
      name: 'return_sync_lag_seconds',
      help: 'Time since the end of the last completed window.',
      registers: [registry],
      async collect() {
        const { seconds, pending: waiting } = await lag.read();
        if (seconds !== null) this.set(seconds);
        pending.set(waiting);
      },
    });
  }

  private registerState(registry: MetricsRegistry): void {
    const { store } = this;
    const pages = gauge(registry, 'return_sync_pages', 'Pages of runs at work by state.', ['state']);
    const duration = gauge(registry, 'return_sync_run_duration_seconds', 'Of the run that ended last.', ['job_type']);
    const writer = gauge(registry, 'return_sync_oldest_writer_seconds', 'Age of the oldest transaction that writes.');
    new Gauge({
      name: 'return_sync_dead_items',
      help: 'Returns that could not be written.',
      registers: [registry],
      async collect() {
        const state = await store.read();
        this.set(state.deadItems);
        writer.set(state.oldestWriterSeconds);
        for (const [name, count] of Object.entries(state.pages)) pages.set({ state: name }, count);
        for (const { jobType, seconds } of state.durations) duration.set({ job_type: jobType }, seconds);
      },
    });
  }

  private registerCounters(registry: MetricsRegistry): void {
    const { counters } = this;
    new Counter({
      name: 'return_sync_items_total',
      help: 'Returns written by outcome.',
      labelNames: ['outcome'],
      registers: [registry],
      collect() {
        this.reset();
        for (const [outcome, count] of Object.entries(counters.items)) this.inc({ outcome }, count);
      },
    });
    const plain = [
      [
        'return_sync_lease_takeovers_total',
        'Runs taken over or given up because their worker had stopped.',
        'takeovers',
      ],
      ['return_sync_fenced_total', 'Messages and pages of workers that had lost their run.', 'fenced'],
      ['return_sync_drift_total', 'Returns that a verification found different.', 'drift'],
    ] as const;
    for (const [name, help, property] of plain) {
      new Counter({
        name,
        help,
        registers: [registry],
        collect() {
          this.reset();
          this.inc(counters[property]);
        },
      });
    }
  }
}

function gauge<Label extends string>(registry: MetricsRegistry, name: string, help: string, labelNames: Label[] = []) {
  return new Gauge({ name, help, labelNames, registers: [registry] });
}
