import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { collectDefaultMetrics, Gauge, Histogram } from 'prom-client';
import { DataSource } from 'typeorm';
import { SERVICE_PARTS, type ServiceParts } from '../boot/service-parts.js';
import { ServiceConfig } from '../config/service-config.js';
import { ServiceIdentity } from '../service-identity.js';
import { type MetricSource, MetricsRegistry } from './metrics-registry.js';

/** Seconds: from a cached read to a slow report. */
const DURATION_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

interface PoolCounts {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
}

/** The metrics that every service has, and those of the libraries that it names. */
@Injectable()
export class ServiceMetrics implements OnModuleInit {
  /** `http_server_request_duration_seconds{method,route,status}`. */
  readonly requestDuration: Histogram<'method' | 'route' | 'status'>;

  constructor(
    private readonly registry: MetricsRegistry,
    private readonly dataSource: DataSource,
    private readonly moduleRef: ModuleRef,
    @Inject(SERVICE_PARTS) private readonly parts: ServiceParts,
    identity: ServiceIdentity,
    config: ServiceConfig,
  ) {
    this.requestDuration = new Histogram({
      name: 'http_server_request_duration_seconds',
      help: 'Time from the request to the end of its answer.',
      labelNames: ['method', 'route', 'status'],
      buckets: DURATION_BUCKETS_SECONDS,
      registers: [registry],
    });
    const buildInfo = new Gauge({
      name: 'app_build_info',
      help: 'Always 1; the labels tell which build runs.',
      labelNames: ['service', 'version', 'commit'],
      registers: [registry],
    });
    buildInfo.set({ service: identity.service, version: identity.version, commit: config.commit }, 1);
  }

  onModuleInit(): void {
    collectDefaultMetrics({ register: this.registry });
    this.registerPool();
    for (const token of this.parts.metrics) {
      this.moduleRef.get<MetricSource>(token, { strict: false }).register(this.registry);
    }
  }

  private registerPool(): void {
    const pool = (): PoolCounts | undefined => (this.dataSource.driver as { master?: PoolCounts } | undefined)?.master;
    const gauge = (name: string, help: string, read: (counts: PoolCounts) => number) =>
      new Gauge({
        name,
        help,
        registers: [this.registry],
        collect() {
          const counts = pool();
          if (counts) this.set(read(counts));
        },
      });
    gauge('pg_pool_size', 'Connections to the database.', (counts) => counts.totalCount);
    gauge('pg_pool_idle', 'Connections to the database that nobody uses.', (counts) => counts.idleCount);
    gauge('pg_pool_waiting', 'Callers that wait for a connection to the database.', (counts) => counts.waitingCount);
  }
}
