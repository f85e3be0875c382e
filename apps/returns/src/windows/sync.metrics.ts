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
    const read = shared(() => this.lag.read());
    gauge(registry, 'return_sync_lag_seconds', 'Time since the end of the last completed window.', async (into) => {
      const { seconds } = await read();
      if (seconds !== null) into.set(seconds);
    });
    gauge(registry, 'return_sync_pending_changes', 'Returns whose changes wait, up to 10000.', async (into) => {
      into.set((await read()).pending);
    });
  }

  private registerState(registry: MetricsRegistry): void {
    const read = shared(() => this.store.read());
    gauge(registry, 'return_sync_dead_items', 'Returns that could not be written.', async (into) => {
      into.set((await read()).deadItems);
    });
    gauge(registry, 'return_sync_oldest_writer_seconds', 'Age of the oldest transaction that writes.', async (into) => {
      into.set((await read()).oldestWriterSeconds);
    });
    gauge(
      registry,
      'return_sync_pages',
      'Pages of runs at work by state.',
      async (into) => {
        for (const [state, count] of Object.entries((await read()).pages)) into.set({ state }, count);
      },
      ['state'],
    );
    gauge(
      registry,
      'return_sync_run_duration_seconds',
      'Of the run that ended last.',
      async (into) => {
        for (const { jobType, seconds } of (await read()).durations) into.set({ job_type: jobType }, seconds);
      },
      ['job_type'],
    );
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

/** One reading for all who ask while it is under way: a scrape asks each gauge at the same time. */
function shared<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | undefined;
  return () => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
}

function gauge(
  registry: MetricsRegistry,
  name: string,
  help: string,
  collect: (into: Gauge<string>) => Promise<void>,
  labelNames: string[] = [],
): void {
  new Gauge({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      return collect(this);
    },
  });
}
