import type { InjectionToken } from '@nestjs/common';

/** Injection token of `ServiceParts`. */
export const SERVICE_PARTS = Symbol('SERVICE_PARTS');

/** What the libraries that a service uses add to its chassis; each token stands for a provider of the service's modules. */
export interface ServiceParts {
  /** Tokens of `HealthContributor`s, beside the database. */
  readonly health: readonly InjectionToken[];
  /** Tokens of `MetricSource`s. */
  readonly metrics: readonly InjectionToken[];
  /** Paths whose handlers read the body themselves even where it says that it is JSON: what is none must reach them too. */
  readonly unparsedPaths: readonly string[];
}
