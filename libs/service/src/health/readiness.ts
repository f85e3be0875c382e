import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { SERVICE_PARTS, type ServiceParts } from '../boot/service-parts.js';
import { type Health, type HealthContributor, worstOf } from './health.js';

/** A part that does not answer in this time is down. */
const CHECK_TIMEOUT_MS = 2_000;

/** Whether the service should be given work, and why not. */
export interface ReadinessReport {
  readonly status: Health['status'] | 'draining';
  readonly checks: Readonly<Record<string, Health>>;
}

/** Asks every part of the service how it is. */
@Injectable()
export class Readiness {
  private isDraining = false;

  constructor(
    @Inject(SERVICE_PARTS) private readonly parts: ServiceParts,
    private readonly moduleRef: ModuleRef,
  ) {}

  /** From now on not ready, so that no new work is sent while the rest is finished. */
  startDraining(): void {
    this.isDraining = true;
  }

  async report(): Promise<ReadinessReport> {
    const contributors = this.parts.health.map((token) =>
      this.moduleRef.get<HealthContributor>(token, { strict: false }),
    );
    const healths = await Promise.all(contributors.map(checkInTime));
    const checks = Object.fromEntries(contributors.map(({ name }, index) => [name, healths[index]!]));
    return { status: this.isDraining ? 'draining' : worstOf(healths), checks };
  }
}

async function checkInTime(contributor: HealthContributor): Promise<Health> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<Health>((resolve) => {
    const late: Health = { status: 'down', detail: { error: `no answer within ${CHECK_TIMEOUT_MS} ms` } };
    timer = setTimeout(() => resolve(late), CHECK_TIMEOUT_MS);
  });
  try {
    return await Promise.race([contributor.check(), tooLate]);
  } catch (error) {
    return { status: 'down', detail: { error: (error as Error).message } };
  } finally {
    clearTimeout(timer);
  }
}
