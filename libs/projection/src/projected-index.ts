import { type FamilyStatus, IndexFamily, type SearchEngine } from '@lockstep/search';
import { SEARCH_ENGINE } from '@lockstep/service';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { PROJECTION, type Projection } from './projection.js';

/** The service's index family. It is set up at its first use, so that a service whose search engine is away still starts. */
@Injectable()
export class ProjectedIndex {
  private readonly family: IndexFamily;

  constructor(
    @Inject(PROJECTION) projection: Projection,
    dataSource: DataSource,
    @Inject(SEARCH_ENGINE) engine: SearchEngine,
  ) {
    this.family = new IndexFamily({ ...projection.family, dataSource, engine });
  }

  /**
   * The family, with its aliases in place.
   * @throws SearchUnavailableError, and whatever else keeps it from being set up; the next call tries again
   */
  ready(): Promise<IndexFamily> {
    return this.family.ready();
  }

  /** What there is of it, without setting it up. @throws Error when it was never set up */
  status(): Promise<FamilyStatus> {
    return this.family.status();
  }
}
