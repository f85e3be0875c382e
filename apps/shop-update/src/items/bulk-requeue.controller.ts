import {
  type Actor,
  Answers,
  CurrentActor,
  type Page,
  PageQuery,
  ProblemError,
  pageOffset,
  Requires,
  toPage,
} from '@lockstep/service';
import { Body, Controller, Get, HttpCode, Param, ParseUUIDPipe, Post, Query, Res } from '@nestjs/common';
import type { Response } from 'express';
import { BulkRequeue } from './bulk-requeue.js';
import { BulkRequeueBody, BulkRequeueEstimate, RequeueRunView } from './requeue-run.answer.js';
import { RequeueRunStore } from './requeue-run.store.js';

/** Trying many items again. */
@Controller('api/shop-update')
export class BulkRequeueController {
  constructor(
    private readonly requeues: BulkRequeue,
    private readonly runs: RequeueRunStore,
  ) {}

  /** Answers at once; what is done meanwhile is told at `Location`. */
  @Post('items/bulk-requeue')
  @Requires('operator')
  @Answers(200, BulkRequeueEstimate)
  @Answers(202, RequeueRunView)
  async requeue(
    @Body() body: BulkRequeueBody,
    @CurrentActor() actor: Actor,
    @Res({ passthrough: true }) response: Response,
  ): Promise<BulkRequeueEstimate | RequeueRunView> {
    const matching = await this.requeues.countMatching(body.filter, body.cap);
    if (body.dryRun) {
      response.status(200);
      return { dryRun: true, matching, seconds: Math.ceil(matching / body.ratePerSecond) };
    }
    const run = await this.runs.create(body, matching, actor.name);
    response.status(202).setHeader('Location', `/api/shop-update/bulk-requeues/${run.id}`);
    return run;
  }

  @Get('bulk-requeues')
  @Requires('viewer')
  @Answers(200, RequeueRunView, { page: true })
  async list(@Query() query: PageQuery): Promise<Page<RequeueRunView>> {
    const { runs, total } = await this.runs.list(query.pageSize, pageOffset(query));
    return toPage(query, runs, total);
  }

  @Get('bulk-requeues/:id')
  @Requires('viewer')
  @Answers(200, RequeueRunView)
  async find(@Param('id', ParseUUIDPipe) id: string): Promise<RequeueRunView> {
    const run = await this.runs.find(id);
    if (!run) throw new ProblemError(404, 'REQUEUE_NOT_FOUND', 'There is no such requeue.');
    return run;
  }

  /** Ends it after the part in hand. */
  @Post('bulk-requeues/:id/cancel')
  @HttpCode(200)
  @Requires('operator')
  @Answers(200, RequeueRunView)
  async cancel(@Param('id', ParseUUIDPipe) id: string): Promise<RequeueRunView> {
    const isCancelled = await this.runs.cancel(id);
    const run = await this.find(id);
    if (isCancelled) return run;
    throw new ProblemError(409, 'REQUEUE_HAS_ENDED', `The requeue is ${run.state}.`, { state: run.state });
  }
}
