import type { IndexFamily } from '@lockstep/search';
import { type Health, type HealthContributor, indexHealth } from '@lockstep/service';
import { Inject, Injectable } from '@nestjs/common';
import { MASTER_FAMILY } from '../merge/master-family.js';

/** Readers see a master index of this program's schema, and one that was filled. */
@Injectable()
export class MasterIndexHealth implements HealthContributor {
  readonly name = 'index';

  constructor(@Inject(MASTER_FAMILY) private readonly family: IndexFamily) {}

  check(): Promise<Health> {
    return indexHealth(() => this.family.status());
  }
}
