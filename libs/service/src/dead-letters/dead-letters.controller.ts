import {
  type DeadLetterFilter,
  DeadLetterNotFoundError,
  DeadLetterNotParkedError,
  type DeadLetterSummary,
  DeadLetters,
} from '@lockstep/messaging';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, type Type } from '@nestjs/common';
import { type Actor, CurrentActor } from '../access/actor.js';
import { Requires } from '../access/requires.js';
import { Answers } from '../openapi/answers.js';
import { ProblemError } from '../problems/problem.js';
import { validationProblem } from '../problems/validation.js';
import { type Page, toPage } from '../requests/page-query.js';
import {
  DeadLetterCauses,
  DeadLetterDetail,
  DeadLetterQuery,
  DeadLetterSelection,
  DeadLetterView,
  ReplaySelection,
  SelectionAnswer,
} from './dead-letter.requests.js';

/**
 * The controller of `api/<service>/dead-letters`: messages that a service could do nothing with, and what an operator does
 * about them. Every change is audited.
 *
 * @example controllers: [PeopleController, deadLettersController('tcs')]
 */
export function deadLettersController(service: string): Type {
  @Controller(`api/${service}/dead-letters`)
  class DeadLettersController {
    constructor(private readonly letters: DeadLetters) {}

    @Get()
    @Requires('viewer')
    @Answers(200, DeadLetterView, { page: true })
    async list(@Query() query: DeadLetterQuery): Promise<Page<DeadLetterView>> {
      const { items, total } = await this.letters.list(toFilter(query), query);
      return toPage(query, items.map(toView), total);
    }

    /** Grouped by queue, type, cause and state. */
    @Get('causes')
    @Requires('viewer')
    @Answers(200, DeadLetterCauses)
    async causes(@Query() query: DeadLetterQuery): Promise<DeadLetterCauses> {
      const groups = await this.letters.causes(toFilter(query));
      const items = groups.map((group) => ({
        ...group,
        firstSeenAt: group.firstSeenAt.toISOString(),
        lastParkedAt: group.lastParkedAt.toISOString(),
      }));
      return { items };
    }

    @Get(':id')
    @Requires('viewer')
    @Answers(200, DeadLetterDetail)
    async show(@Param('id') id: string, @CurrentActor() actor: Actor): Promise<DeadLetterDetail> {
      const letter = await toldOfProblems(this.letters.get(toId(id)));
      const { exchange, routingKey, properties, body } = letter;
      const mayRead = actor.scopes.includes('pii:read');
      return {
        ...toView(letter),
        exchange,
        routingKey,
        properties,
        bodyBytes: body.length,
        body: mayRead ? body.toString('utf8') : null,
      };
    }

    /** Schedules all that match to be sent back to their queues, so many a second. */
    @Post('replay')
    @HttpCode(202)
    @Requires('operator')
    @Answers(202, SelectionAnswer)
    async replayMany(@Body() selection: ReplaySelection): Promise<SelectionAnswer> {
      const filter = toSelectedFilter(selection);
      const { dryRun, ratePerSecond } = selection;
      const matching = await this.letters.count({ ...filter, state: 'parked' });
      const changed = dryRun ? 0 : await this.letters.replayMatching(filter, { ratePerSecond });
      return { matching, changed, dryRun, seconds: matching / ratePerSecond };
    }

    /** Those scheduled that match, and were not sent yet, are parked again. */
    @Post('replay/cancel')
    @HttpCode(200)
    @Requires('operator')
    @Answers(200, SelectionAnswer)
    async cancelReplay(@Body() selection: DeadLetterSelection): Promise<SelectionAnswer> {
      const filter = toSelectedFilter(selection);
      const matching = await this.letters.count({ ...filter, state: 'scheduled' });
      const changed = selection.dryRun ? 0 : await this.letters.cancelReplay(filter);
      return { matching, changed, dryRun: selection.dryRun, seconds: null };
    }

    @Post(':id/replay')
    @HttpCode(200)
    @Requires('operator')
    @Answers(200, DeadLetterView)
    async replay(@Param('id') id: string): Promise<DeadLetterView> {
      await toldOfProblems(this.letters.replay(toId(id)));
      return toView(await this.letters.get(toId(id)));
    }

    /** Gives up all that match and wait; they stay listed. */
    @Delete()
    @HttpCode(200)
    @Requires('operator')
    @Answers(200, SelectionAnswer)
    async discardMany(@Body() selection: DeadLetterSelection): Promise<SelectionAnswer> {
      const filter = toSelectedFilter(selection);
      const { dryRun } = selection;
      const counts = await Promise.all(
        (['parked', 'scheduled'] as const).map((state) => this.letters.count({ ...filter, state })),
      );
      const changed = dryRun ? 0 : await this.letters.discardMatching(filter);
      return { matching: counts[0]! + counts[1]!, changed, dryRun, seconds: null };
    }

    /** Gives one up; it stays listed. */
    @Delete(':id')
    @HttpCode(204)
    @Requires('operator')
    @Answers(204)
    async discard(@Param('id') id: string): Promise<void> {
      await toldOfProblems(this.letters.discard(toId(id)));
    }
  }
  return DeadLettersController;
}

function toId(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new ProblemError(404, 'NOT_FOUND', 'There is no such dead letter.');
}

async function toldOfProblems<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof DeadLetterNotFoundError) throw new ProblemError(404, 'NOT_FOUND', `${error.message}.`);
    if (error instanceof DeadLetterNotParkedError) {
      throw new ProblemError(409, 'DEAD_LETTER_NOT_WAITING', `${error.message}.`, { state: error.state });
    }
    throw error;
  }
}

function toFilter({ queue, state, type, runId, cause }: DeadLetterFilter): DeadLetterFilter {
  return { queue, state, type, runId, cause };
}

function toSelectedFilter({ queue, type, runId, cause }: DeadLetterSelection): DeadLetterFilter {
  const filter = { queue, type, runId, cause };
  if (Object.values(filter).some((value) => value !== undefined)) return filter;
  throw validationProblem([{ path: 'queue', message: 'give at least one of queue, type, runId, cause' }]);
}

function toView(letter: DeadLetterSummary): DeadLetterView {
  const { id, queue, messageId, type, reason, cause, attempts, replays, runId, sequence, state } = letter;
  return {
    id,
    queue,
    messageId,
    type,
    reason,
    cause,
    attempts,
    replays,
    runId,
    sequence,
    state,
    firstSeenAt: letter.firstSeenAt.toISOString(),
    parkedAt: letter.parkedAt.toISOString(),
    stateChangedAt: letter.stateChangedAt.toISOString(),
  };
}
