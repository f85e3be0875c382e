import { type Health, type HealthContributor, indexHealth } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { ProjectedIndex } from './projected-index.js';

/** Readers see an index of this program's schema, and one that was filled. */
@Injectable()
export class ProjectedIndexHealth implements HealthContributor {
  readonly name = 'index';

  constructor(private readonly index: ProjectedIndex) {}

  check(): Promise<Health> {
    return indexHealth(() => this.index.status());
  }
}
