import { type Health, Readiness, type ReadinessReport, worstOf } from '@lockstep/service';
import type { FrontState, RunningService } from './running-service.js';

/** All services in one: as bad as the worst of them. */
export interface OverallReadiness {
  readonly status: ReadinessReport['status'] | 'starting';
  readonly services: Readonly<Record<string, ReadinessReport>>;
}

/** Asks every service; without details, which each tells to those who have a token. */
export async function overallReadiness(
  state: FrontState,
  services: readonly RunningService[],
): Promise<OverallReadiness> {
  const reports = await Promise.all(
    services.map(async ({ service, app }) => [service, bare(await app.get(Readiness).report())] as const),
  );
  const status = state === 'ready' ? worstOf(reports.map(([, report]) => report as Health)) : state;
  return { status, services: Object.fromEntries(reports) };
}

function bare({ status, checks }: ReadinessReport): ReadinessReport {
  const parts = Object.entries(checks).map(([name, check]) => [name, { status: check.status }]);
  return { status, checks: Object.fromEntries(parts) };
}
