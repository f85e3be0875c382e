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
import { refuseLimited } from '../orders/tenant.js';
import { answerTick } from './answer-tick.js';
import { Claims } from './claims.js';
import { JobStore } from './job.store.js';
import { LagStore } from './lag.store.js';
import { RunStore } from './run.store.js';
import { type ControlResult, RunControl } from './run-control.js';
import {
  DeadReturnAnswer,
  JobAnswer,
  SyncRunAnswer,
  TickAnswer,
  toDeadReturnAnswer,
  toJobAnswer,
  toRunAnswer,
} from './sync.answer.js';
import { SyncRunsQuery, UnlockBody } from './sync.body.js';

/** The job that keeps the index in step, and every run of it and of others. */
@Controller('api/returns/sync')
export class SyncController {
  constructor(
    private readonly claims: Claims,
    private readonly jobs: JobStore,
    private readonly lag: LagStore,
    private readonly runs: RunStore,
    private readonly control: RunControl,
  ) {}

  /** Starts a run now, unless one is at work. */
  @Post()
  @Requires('operator')
  @HttpCode(202)
  @Answers(202, TickAnswer)
  @Answers(200, TickAnswer)
  async tick(@CurrentActor() actor: Actor, @Res({ passthrough: true }) response: Response): Promise<TickAnswer> {
    return answerTick(await this.claims.claim('manual', actor.name), response);
  }

  @Get('job')
  @Requires('viewer')
  @Answers(200, JobAnswer)
  async job(): Promise<JobAnswer> {
    const [job, lag] = await Promise.all([this.jobs.newest(), this.lag.read()]);
    if (!job)
      throw new ProblemError(
        404,
        'RETURN_JOB_NOT_FOUND',
        'The row of the job was removed; the next run makes it again.',
      );
    return toJobAnswer(job, lag);
  }

  @Get('runs')
  @Requires('viewer')
  @Answers(200, SyncRunAnswer, { page: true })
  async list(@Query() query: SyncRunsQuery): Promise<Page<SyncRunAnswer>> {
    const { items, total } = await this.runs.list(query, query.pageSize, pageOffset(query));
    return toPage(query, items.map(toRunAnswer), total);
  }

  @Get('runs/:runId')
  @Requires('viewer')
  @Answers(200, SyncRunAnswer)
  async find(@Param('runId', ParseUUIDPipe) runId: string): Promise<SyncRunAnswer> {
    const run = await this.runs.find(runId);
    if (!run) throw new ProblemError(404, 'RETURN_RUN_NOT_FOUND', `There is no run ${runId}.`);
    return toRunAnswer(run);
  }

  /** Pages in hand are finished, no further ones begun. */
  @Post('runs/:runId/pause')
  @Requires('operator')
  @HttpCode(202)
  @Answers(202, SyncRunAnswer)
  async pause(@Param('runId', ParseUUIDPipe) runId: string, @CurrentActor() actor: Actor): Promise<SyncRunAnswer> {
    refuseLimited(actor);
    return this.after(runId, await this.control.pause(runId, actor.name));
  }

  @Post('runs/:runId/resume')
  @Requires('operator')
  @HttpCode(202)
  @Answers(202, SyncRunAnswer)
  async resume(@Param('runId', ParseUUIDPipe) runId: string, @CurrentActor() actor: Actor): Promise<SyncRunAnswer> {
    refuseLimited(actor);
    return this.after(runId, await this.control.resume(runId, actor.name));
  }

  /** What it has written stays. */
  @Post('runs/:runId/cancel')
  @Requires('operator')
  @HttpCode(202)
  @Answers(202, SyncRunAnswer)
  async cancel(@Param('runId', ParseUUIDPipe) runId: string, @CurrentActor() actor: Actor): Promise<SyncRunAnswer> {
    refuseLimited(actor);
    return this.after(runId, await this.control.cancel(runId, actor.name));
  }

  /** Ends a run by hand although nothing asks for it: a stopped one is gone on with by itself. */
  @Post('unlock')
  @Requires('operator')
  @HttpCode(200)
  @Answers(200, JobAnswer)
  async unlock(@Body() body: UnlockBody, @CurrentActor() actor: Actor): Promise<JobAnswer> {
    refuseLimited(actor);
    const runId = body.runId ?? (await this.jobs.newest())?.runId;
    if (!runId || !(await this.control.unlock(runId, body.expectedToken, actor.name))) {
      throw new ProblemError(409, 'LEASE_TOKEN_MISMATCH', 'The job is idle, or another has taken it over since.');
    }
    return this.job();
  }

  /** Returns that could not be written, the newest first. */
  @Get('dead-items')
  @Requires('viewer')
  @Answers(200, DeadReturnAnswer, { page: true })
  async dead(@Query() query: PageQuery, @CurrentActor() actor: Actor): Promise<Page<DeadReturnAnswer>> {
    refuseLimited(actor);
    const { items, total } = await this.runs.listDead(query.pageSize, pageOffset(query));
    return toPage(query, items.map(toDeadReturnAnswer), total);
  }

  private async after(runId: string, result: ControlResult): Promise<SyncRunAnswer> {
    const run = await this.find(runId);
    if (result === 'isWindow') {
      throw new ProblemError(409, 'RETURN_RUN_IS_WINDOW', 'A window is not paused or cancelled; see unlock.', {
        runId,
      });
    }
    if (result === 'notActive')
      throw new ProblemError(409, 'RETURN_RUN_NOT_ACTIVE', `The run is ${run.state}.`, { runId });
    return run;
  }
}
