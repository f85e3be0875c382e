import type { IncomingMessage } from 'node:http';
import { BulkAnswer, loadLines, PostBulk, readNdjson } from '@lockstep/service';
import { Controller, Req } from '@nestjs/common';
import { StoredRecommendationBody, toRecommendationRecord } from './recommendation-body.js';
import { RecommendationsStore } from './recommendations.store.js';

/** Recommendations taken over as another system has stored them. */
@Controller('api/recommendations')
export class RecommendationsController {
  constructor(private readonly recommendations: RecommendationsStore) {}

  /** A line is one recommendation with its `id`; loading it again changes nothing. Answers when the last line was stored. */
  @PostBulk()
  async load(@Req() request: IncomingMessage): Promise<BulkAnswer> {
    return loadLines(readNdjson(request), {
      body: StoredRecommendationBody,
      toRecord: toRecommendationRecord,
      keyOf: ({ id }) => id,
      save: (records) => this.recommendations.save(records),
    });
  }
}
