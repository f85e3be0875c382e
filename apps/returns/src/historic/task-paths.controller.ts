import { type Actor, Answers, CurrentActor, Requires, validationProblem } from '@lockstep/service';
import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import type { Response } from 'express';
import { refuseLimited } from '../orders/tenant.js';
import { answerTick } from '../windows/answer-tick.js';
import { Claims } from '../windows/claims.js';
import { PageWorker } from '../windows/page-worker.js';
import { Planner } from '../windows/planner.js';
import { StartedAnswer, TickAnswer } from '../windows/sync.answer.js';
import { TaskBody } from '../windows/sync.body.js';
import { Backfills } from './backfills.js';
import { DryRunAnswer, HistoricBody } from './historic-body.js';
import { TaskAnswer } from './task.answer.js';

const PAGE_LIMIT_MS = 60_000;

/** The paths under which callers know the sync. What a queue does here by itself, they may still ask for by hand. */
@Controller('_ah/api/esb')
export class TaskPathsController {
  constructor(
    private readonly claims: Claims,
    private readonly planner: Planner,
    private readonly worker: PageWorker,
    private readonly backfills: Backfills,
  ) {}

  @Post('v1/returnsCron')
  @Requires('operator')
  @HttpCode(202)
  @Answers(202, TickAnswer)
  @Answers(200, TickAnswer)
  async tick(@CurrentActor() actor: Actor, @Res({ passthrough: true }) response: Response): Promise<TickAnswer> {
    return answerTick(await this.claims.claim('manual', actor.name), response);
  }

  /** Plans a claimed run; without one, asks for a run. */
  @Post('v1/returnUpdatedTaskQueue')
  @Requires('operator')
  @HttpCode(202)
  @Answers(202, TickAnswer)
  @Answers(200, TaskAnswer)
  async plan(
    @Body() body: TaskBody,
    @CurrentActor() actor: Actor,
    @Res({ passthrough: true }) response: Response,
  ): Promise<TickAnswer | TaskAnswer> {
    const { runId, leaseToken } = body;
    if (runId === undefined && leaseToken === undefined) return this.tick(actor, response);
    if (runId === undefined || leaseToken === undefined) throw missing('runId', 'leaseToken');
    response.status(200);
    return { runId, result: await this.planner.plan({ runId, leaseToken }) };
  }

  /** Writes a page of a planned run; without one, asks for a run. */
  @Post('v1/returnUpdateProcessingQueue')
  @Requires('operator')
  @HttpCode(202)
  @Answers(202, TickAnswer)
  @Answers(200, TaskAnswer)
  async process(
    @Body() body: TaskBody,
    @CurrentActor() actor: Actor,
    @Res({ passthrough: true }) response: Response,
  ): Promise<TickAnswer | TaskAnswer> {
    const { runId, leaseToken, pageNo } = body;
    if (runId === undefined && leaseToken === undefined && pageNo === undefined) return this.tick(actor, response);
    if (runId === undefined || leaseToken === undefined || pageNo === undefined) {
      throw missing('runId', 'leaseToken', 'pageNo');
    }
    response.status(200);
    const signal = AbortSignal.timeout(PAGE_LIMIT_MS);
    return { runId, result: await this.worker.process({ runId, leaseToken }, pageNo, signal) };
  }

  @Post('v2/returns/algolia/sync/init')
  @Requires('operator')
  @HttpCode(202)
  @Answers(202, StartedAnswer)
  @Answers(200, DryRunAnswer)
  historic(
    @Body() body: HistoricBody,
    @CurrentActor() actor: Actor,
    @Res({ passthrough: true }) response: Response,
  ): Promise<StartedAnswer | DryRunAnswer> {
    refuseLimited(actor);
    return this.backfills.historic(body, actor.name, response);
  }
}

function missing(...paths: string[]) {
  return validationProblem(paths.map((path) => ({ path, message: `${paths.join(', ')} come together` })));
}
