import { ProjectedIndex } from '@lockstep/projection';
import type { SearchEngine, SearchQuery } from '@lockstep/search';
import { Answers, Requires, SEARCH_ENGINE, toPage } from '@lockstep/service';
import { Controller, Get, Inject, Query } from '@nestjs/common';
import { DoctorsAnswer, toTraineeInfo } from './doctors.answer.js';
import { DoctorsQuery } from './doctors.query.js';
import { type RecommendationDocument, recommendationAliases, recommendationSchema } from './recommendation-document.js';
import { LISTED, toSearchQuery, UNDER_NOTICE } from './to-search-query.js';

const ALIAS = recommendationAliases[0].name;

/** The list of doctors and where their recommendations stand. One doctor alone is integration's to show. */
@Controller('api/doctors')
export class DoctorsController {
  constructor(
    @Inject(SEARCH_ENGINE) private readonly engine: SearchEngine,
    private readonly index: ProjectedIndex,
  ) {}

  @Get()
  @Requires('viewer')
  @Answers(200, DoctorsAnswer)
  async list(@Query() query: DoctorsQuery): Promise<DoctorsAnswer> {
    const [found, countTotal, countUnderNotice] = await this.search(toSearchQuery(query));
    const rows = found.items.map(({ document }) => toTraineeInfo(document as unknown as RecommendationDocument));
    return { ...toPage(query, rows, found.total, found.cursor), countTotal, countUnderNotice };
  }

  private async search(query: SearchQuery) {
    // The alias is there from the first request on, though nothing was rebuilt yet.
    await this.index.ready();
    return Promise.all([
      this.engine.search(recommendationSchema, ALIAS, query),
      this.engine.count(recommendationSchema, ALIAS, [LISTED]),
      this.engine.count(recommendationSchema, ALIAS, [LISTED, UNDER_NOTICE]),
    ]);
  }
}
