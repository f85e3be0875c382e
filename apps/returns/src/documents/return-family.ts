import { type FamilyStatus, IndexFamily, type SearchEngine } from '@lockstep/search';
import { type Health, type HealthContributor, indexHealth, SEARCH_ENGINE } from '@lockstep/service';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { RETURN_ALIASES, RETURN_FAMILY, returnSchema } from './return-schema.js';

/** The index family of returns. It is set up at its first use, so that the service starts though its engine is away. */
@Injectable()
export class ReturnFamily {
  private readonly family: IndexFamily;

  constructor(dataSource: DataSource, @Inject(SEARCH_ENGINE) engine: SearchEngine) {
    this.family = new IndexFamily({
      name: RETURN_FAMILY,
      schema: returnSchema,
      aliases: RETURN_ALIASES,
      dataSource,
      engine,
    });
  }

  /** The family, its alias in place. @throws SearchUnavailableError; the next call tries again */
  ready(): Promise<IndexFamily> {
    return this.family.ready();
  }

  /** What there is of it, without setting it up. @throws Error when it was never set up */
  status(): Promise<FamilyStatus> {
    return this.family.status();
  }
}

/** Readers see an index of this program's fields, and one that was filled. */
@Injectable()
export class ReturnIndexHealth implements HealthContributor {
  readonly name = 'index';

  constructor(private readonly family: ReturnFamily) {}

  check(): Promise<Health> {
    return indexHealth(() => this.family.status());
  }
}
