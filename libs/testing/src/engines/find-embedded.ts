import type { EmbeddedEngines, EnginesFound } from './find-engines.js';

/** How the set-up of a test run tells its suites about the embedded PostgreSQL: one of the two is set. */
export interface EmbeddedVariables {
  /** `postgres://user:password@host:port/database` of a superuser. */
  readonly LOCKSTEP_TEST_EMBEDDED_URL?: string;
  /** Why there is none, in one sentence. */
  readonly LOCKSTEP_TEST_EMBEDDED_REASON?: string;
}

/**
 * Finds the embedded PostgreSQL that the set-up of the test run has started. It is not probed: it belongs to this run.
 *
 * @param env @default the environment
 */
export function findEmbedded(env: EmbeddedVariables = process.env): EnginesFound<EmbeddedEngines> {
  const { LOCKSTEP_TEST_EMBEDDED_URL: databaseUrl, LOCKSTEP_TEST_EMBEDDED_REASON: reason } = env;
  if (databaseUrl) return { engines: { kind: 'embedded', databaseUrl } };
  return { engines: undefined, reason: `no embedded PostgreSQL: ${reason || 'run the tests from the root folder'}` };
}
