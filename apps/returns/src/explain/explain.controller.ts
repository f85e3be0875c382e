import { type Actor, Answers, CurrentActor, PathIdPipe, ProblemError, Requires } from '@lockstep/service';
import { Controller, Get, Inject, Param } from '@nestjs/common';
import { refuseLimited } from '../orders/tenant.js';
import { INDEX_READER, type IndexReader } from '../verify/index-reader.js';
import { decideAdvice } from './decide-advice.js';
import { ExplainAnswer } from './explain.answer.js';
import { ExplainStore } from './explain.store.js';

/** Why a return is, or is not, in the index. */
@Controller('api/returns')
export class ExplainController {
  constructor(
    private readonly store: ExplainStore,
    @Inject(INDEX_READER) private readonly index: IndexReader,
  ) {}

  @Get(':id/explain')
  @Requires('operator')
  @Answers(200, ExplainAnswer)
  async explain(@Param('id', PathIdPipe) id: number, @CurrentActor() actor: Actor): Promise<ExplainAnswer> {
    refuseLimited(actor);
    // The index first: what it has was committed before, so the database read next must have it too.
    const [indexed] = await this.index.find([id]);
    const known = await this.store.read(id);
    const { advice, reason } = decideAdvice({
      stored: known.stored,
      indexed: indexed ?? null,
      isPending: known.lastChange?.isPending ?? false,
      isInRun: known.lastPage !== null && known.lastPage.runEndedAt === null,
      deadReason: known.deadItem?.reason ?? null,
    });
    if (advice === 'UNKNOWN_RETURN') throw new ProblemError(404, 'RETURN_NOT_FOUND', reason);
    return {
      returnId: id,
      database: known.stored,
      index: indexed ? { version: indexed.version, deleted: indexed.deleted } : null,
      lastChange: known.lastChange,
      lastPage: known.lastPage,
      deadItem: known.deadItem,
      advice,
      reason,
    };
  }
}
