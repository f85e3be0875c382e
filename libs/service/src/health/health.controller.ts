import { Controller, Get, Res } from '@nestjs/common';
import type { Response } from 'express';
import { type Actor, CurrentActor } from '../access/actor.js';
import { Public } from '../access/requires.js';
import { ServiceIdentity } from '../service-identity.js';
import { Readiness, type ReadinessReport } from './readiness.js';

/** For orchestrators: restart when not live, send no work when not ready. */
@Controller('health')
@Public()
export class HealthController {
  constructor(
    private readonly readiness: Readiness,
    private readonly identity: ServiceIdentity,
  ) {}

  /** Asks nobody: a restart does not bring a lost engine back. */
  @Get('live')
  live(): { status: 'up' } {
    return { status: 'up' };
  }

  /** 200 while work can be done, even if something is degraded; 503 when a part is down or the service is draining. */
  @Get('ready')
  async ready(
    @CurrentActor() actor: Actor | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ServiceIdentity & ReadinessReport> {
    const report = await this.readiness.report();
    response.status(report.status === 'down' || report.status === 'draining' ? 503 : 200);
    response.setHeader('Cache-Control', 'no-store');
    return { ...this.identity, ...(actor ? report : withoutDetails(report)) };
  }
}

function withoutDetails({ status, checks }: ReadinessReport): ReadinessReport {
  const bare = Object.entries(checks).map(([name, check]) => [name, { status: check.status }]);
  return { status, checks: Object.fromEntries(bare) };
}
