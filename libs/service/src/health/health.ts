/** How one part of a service is. `degraded`: it works, but worse; the service still takes requests. */
export interface Health {
  readonly status: 'up' | 'degraded' | 'down';
  /** For operators; shown only to callers with a token. No secrets, no personal data. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** Tells how one part of a service is. Provide it in a module and name it in `ServiceDefinition.health`. */
export interface HealthContributor {
  /** Such as `database`, `broker`, `search`. */
  readonly name: string;
  /** Asked at each readiness probe; a throw or more than two seconds count as `down`. */
  check(): Health | Promise<Health>;
}

/** The whole service: as bad as its worst part. */
export function worstOf(parts: readonly Health[]): Health['status'] {
  if (parts.some(({ status }) => status === 'down')) return 'down';
  return parts.some(({ status }) => status === 'degraded') ? 'degraded' : 'up';
}
