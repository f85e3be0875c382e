import { Injectable } from '@nestjs/common';
import { Registry } from 'prom-client';

/** The application's own Prometheus registry; prom-client's default one is shared by all services of a process. */
@Injectable()
export class MetricsRegistry extends Registry {}

/** Adds metrics to the registry, once, at the start. Provide it in a module and name it in `ServiceDefinition.metrics`. */
export interface MetricSource {
  /** Make metrics with `registers: [registry]`; a gauge may read its value in `collect()` at each scrape. */
  register(registry: MetricsRegistry): void;
}
