import { randomUUID } from 'node:crypto';
import {
  type Actor,
  Answers,
  CurrentActor,
  EventStreams,
  type FollowedEvents,
  followEvents,
  type Page,
  ProblemError,
  pageOffset,
  Requires,
  toPage,
} from '@lockstep/service';
import {
  Controller,
  Get,
  Headers,
  HttpCode,
  type MessageEvent,
  Param,
  ParseUUIDPipe,
  Post,
  Query,
  Req,
  Res,
  Sse,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Observable } from 'rxjs';
import { IntegrationConfig } from '../integration.config.js';
import { EventStore } from './event.store.js';
import { IssueStore } from './issue.store.js';
import { isPastSwap, next } from './next.js';
import { RunAnswer, RunIssueAnswer, RunStartedAnswer, toRunAnswer } from './run.answer.js';
import { isActive } from './run.js';
import { IssueQuery, RunsQuery } from './run.query.js';
import { RunStore, type StoredRun } from './run.store.js';

const MAX_KEY_LENGTH = 200;

/** The trigger of the rebuild and what an operator sees of its runs. */
@Controller('api/sync')
export class SyncController {
  constructor(
    private readonly runs: RunStore,
    private readonly issues: IssueStore,
    private readonly config: IntegrationConfig,
    private readonly streams: EventStreams,
    private readonly events: EventStore,
  ) {}

  /** Starts a rebuild. A second trigger harms nothing: it gets 409 with the run that is there. */
  @Post()
  @HttpCode(202)
  @Requires('operator')
  @Answers(202, RunStartedAnswer)
  async start(
    @CurrentActor() actor: Actor,
    @Headers('idempotency-key') key: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RunStartedAnswer> {
    if (key !== undefined && (key.length === 0 || key.length > MAX_KEY_LENGTH)) {
      throw new ProblemError(400, 'IDEMPOTENCY_KEY_INVALID', `Idempotency-Key has 1 to ${MAX_KEY_LENGTH} characters.`);
    }
    const { run, outcome } = await this.runs.create(randomUUID(), actor.name, key ?? null);
    response.setHeader('Location', `/api/sync/runs/${run.id}`);
    if (outcome === 'already_running') {
      throw new ProblemError(409, 'SYNC_ALREADY_RUNNING', 'A rebuild is running; follow or cancel that one.', {
        runId: run.id,
      });
    }
    return { runId: run.id, state: run.state };
  }

  /** The old trigger was a GET that anything could start by accident. */
  @Get()
  @Requires('viewer')
  refuseGet(@Res({ passthrough: true }) response: Response): never {
    response.setHeader('Allow', 'POST');
    throw new ProblemError(
      405,
      'METHOD_NOT_ALLOWED',
      'Start a rebuild with POST /api/sync; see its runs at GET /api/sync/runs.',
    );
  }

  @Get('runs')
  @Requires('viewer')
  @Answers(200, RunAnswer, { page: true })
  async list(@Query() query: RunsQuery): Promise<Page<RunAnswer>> {
    const { items, total } = await this.runs.list(query.pageSize, pageOffset(query));
    return toPage(query, items.map(toRunAnswer), total);
  }

  @Get('runs/:runId')
  @Requires('viewer')
  @Answers(200, RunAnswer)
  async get(@Param('runId', ParseUUIDPipe) runId: string): Promise<RunAnswer> {
    return toRunAnswer(await this.mustLoad(runId));
  }

  /** Progress as it happens; a client that comes back with Last-Event-ID misses nothing. */
  @Sse('runs/:runId/events')
  @Requires('viewer')
  async follow(
    @Param('runId', ParseUUIDPipe) runId: string,
    @Req() request: Request,
  ): Promise<Observable<MessageEvent>> {
    await this.mustLoad(runId);
    const events: FollowedEvents = {
      after: (id, limit) => this.events.after(runId, id, limit),
      readEnd: async () => {
        const run = await this.mustLoad(runId);
        return isActive(run.state) ? null : toRunAnswer(run);
      },
    };
    return this.streams.open(request, (lastEventId, signal) => followEvents(events, lastEventId, signal));
  }

  @Get('runs/:runId/issues')
  @Requires('viewer')
  @Answers(200, RunIssueAnswer, { page: true })
  async listIssues(
    @Param('runId', ParseUUIDPipe) runId: string,
    @Query() query: IssueQuery,
  ): Promise<Page<RunIssueAnswer>> {
    await this.mustLoad(runId);
    const { items, total } = await this.issues.list(runId, query.severity ?? null, query.pageSize, pageOffset(query));
    return toPage(query, items as RunIssueAnswer[], total);
  }

  /** The index being served stays as it is; so it is too late once the run has begun to swap. */
  @Post('runs/:runId/cancel')
  @HttpCode(202)
  @Requires('operator')
  @Answers(202, RunStartedAnswer)
  async cancel(@Param('runId', ParseUUIDPipe) runId: string): Promise<RunStartedAnswer> {
    const before = await this.mustLoad(runId);
    if (!isActive(before.state))
      throw new ProblemError(409, 'SYNC_RUN_ENDED', `The run is ${before.state}.`, { runId });
    const run = await this.runs.apply(runId, (current) =>
      next(current, { type: 'cancelled', at: current.readAt }, this.config.policy),
    );
    if (isActive(run.state) && isPastSwap(run)) {
      throw new ProblemError(409, 'SYNC_RUN_SWAPPED', 'Too late to cancel: readers are being shown the new index.', {
        runId,
      });
    }
    return { runId, state: run.state };
  }

  /** Lets a run that a guard held go on. */
  @Post('runs/:runId/approve')
  @HttpCode(202)
  @Requires('operator')
  @Answers(202, RunStartedAnswer)
  async approve(@Param('runId', ParseUUIDPipe) runId: string, @CurrentActor() actor: Actor): Promise<RunStartedAnswer> {
    const before = await this.mustLoad(runId);
    if (before.state !== 'held')
      throw new ProblemError(409, 'SYNC_RUN_NOT_HELD', `The run is ${before.state}.`, { runId });
    const run = await this.runs.apply(runId, (current) =>
      next(current, { type: 'approved', at: current.readAt, by: actor.name }, this.config.policy),
    );
    return { runId, state: run.state };
  }

  private async mustLoad(runId: string): Promise<StoredRun> {
    const run = await this.runs.load(runId);
    if (!run) throw new ProblemError(404, 'SYNC_RUN_NOT_FOUND', `There is no run ${runId}.`);
    return run;
  }
}
