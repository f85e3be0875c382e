import {
  type Actor,
  Answers,
  Clock,
  Consumes,
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
import { BatchAnswer, SubmittedAnswer, toBatchAnswer } from './batch.answer.js';
import { hasEnded, type StoredBatch } from './batch.js';
import { BatchStore } from './batch.store.js';
import { BatchEventStore, toEventData } from './batch-event.store.js';
import { BatchesQuery } from './batches.query.js';
import { LevelProgressStore } from './level-progress.js';
import { Preparation } from './preparation.js';
import { Submission } from './submission.js';
import { SubmitQuery } from './submit.query.js';

/** Imports: sending files in, and following what becomes of them. */
@Controller('api/imports')
export class BatchesController {
  constructor(
    private readonly batches: BatchStore,
    private readonly submission: Submission,
    private readonly preparation: Preparation,
    private readonly levels: LevelProgressStore,
    private readonly events: BatchEventStore,
    private readonly streams: EventStreams,
    private readonly clock: Clock,
  ) {}

  /** A form with files, or one file as the body. Answers when the files are here; what is in them is read afterwards. */
  @Post()
  @HttpCode(202)
  @Requires('operator')
  @Consumes(
    'multipart/form-data',
    'text/csv',
    'application/xml',
    'text/xml',
    'application/x-ndjson',
    'application/ndjson',
    'application/jsonl',
    'text/plain',
    'application/octet-stream',
  )
  @Answers(202, SubmittedAnswer)
  async submit(
    @Query() query: SubmitQuery,
    @CurrentActor() actor: Actor,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SubmittedAnswer> {
    const { id, state } = await this.submission.accept(request, query, actor.name);
    response.setHeader('Location', `/api/imports/${id}`);
    return { importBatchId: id, importBatchStatus: state };
  }

  @Get()
  @Requires('viewer')
  @Answers(200, BatchAnswer, { page: true })
  async list(@Query() query: BatchesQuery): Promise<Page<BatchAnswer>> {
    const { items, total } = await this.batches.list(query.status ?? null, query.pageSize, pageOffset(query));
    const now = this.clock.now();
    return toPage(
      query,
      items.map((batch) => toBatchAnswer(batch, now)),
      total,
    );
  }

  @Get(':importBatchId')
  @Requires('viewer')
  @Answers(200, BatchAnswer)
  async get(@Param('importBatchId', ParseUUIDPipe) id: string): Promise<BatchAnswer> {
    const batch = await this.mustLoad(id);
    return toBatchAnswer(batch, this.clock.now(), batch.plan ? await this.levels.of(id) : []);
  }

  /** Progress as it happens; a client that comes back with Last-Event-ID misses nothing. */
  @Sse(':importBatchId/events')
  @Requires('viewer')
  async follow(
    @Param('importBatchId', ParseUUIDPipe) id: string,
    @Req() request: Request,
  ): Promise<Observable<MessageEvent>> {
    await this.mustLoad(id);
    const events: FollowedEvents = {
      after: (eventId, limit) => this.events.after(id, eventId, limit),
      readEnd: async () => {
        const batch = await this.mustLoad(id);
        return hasEnded(batch) ? toEventData(batch) : null;
      },
    };
    return this.streams.open(request, (lastEventId, signal) => followEvents(events, lastEventId, signal));
  }

  /** Lets a planned batch that waits go on. */
  @Post(':importBatchId/confirm')
  @HttpCode(202)
  @Requires('operator')
  @Answers(202, SubmittedAnswer)
  async confirm(@Param('importBatchId', ParseUUIDPipe) id: string): Promise<SubmittedAnswer> {
    await this.mustLoad(id);
    const isStarted = await this.preparation.confirm(id);
    const { state, options } = await this.mustLoad(id);
    if (isStarted) return { importBatchId: id, importBatchStatus: state };
    const members = { importBatchId: id, importBatchStatus: state };
    if (state === 'validated' && options.dryRun) {
      throw new ProblemError(
        409,
        'IMPORT_IS_DRY_RUN',
        'A dry run is never sent; import the files without dryRun.',
        members,
      );
    }
    throw new ProblemError(409, 'IMPORT_NOT_WAITING', `The import is ${state} and waits for no confirmation.`, members);
  }

  private async mustLoad(id: string): Promise<StoredBatch> {
    return (await this.batches.load(id)) ?? noSuchImport();
  }
}

export function noSuchImport(): never {
  throw new ProblemError(404, 'IMPORT_NOT_FOUND', 'There is no import with this id.');
}
