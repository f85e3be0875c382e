import type { Filter } from '@lockstep/search';
import {
  type Actor,
  Answers,
  Clock,
  CurrentActor,
  ProblemError,
  Requires,
  toPage,
  validationProblem,
} from '@lockstep/service';
import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import type { Response } from 'express';
import { ShopUpdateConfig } from '../shop-update.config.js';
import { toLogFilter } from './log-filter.js';
import { type LogLinkState, linkTarget } from './log-link.js';
import { LogLinkStore } from './log-link.store.js';
import { LogQueryError, parseLogQuery } from './log-query.js';
import { readMoment } from './log-range.js';
import { type LogRequest, LogSearch } from './log-search.js';
import { LogHistogramAnswer, LogLinkAnswer, LogsAnswer, toLogEntry } from './logs.answer.js';
import { LogLinkBody, LogsQuery } from './logs.query.js';

/** Pages reach this line; a narrower range shows what is beyond. */
const MAX_PAGED_LINES = 10_000;
const DAY_MS = 86_400_000;

/** The log of everything said to the shop and by it. */
@Controller()
export class LogsController {
  constructor(
    private readonly logs: LogSearch,
    private readonly links: LogLinkStore,
    private readonly config: ShopUpdateConfig,
    private readonly clock: Clock,
  ) {}

  /** The newest first. */
  @Get('api/logs')
  @Requires('viewer', 'logs:read')
  @Answers(200, LogsAnswer)
  async search(@Query() query: LogsQuery): Promise<LogsAnswer> {
    if (query.page * query.pageSize > MAX_PAGED_LINES) {
      throw new ProblemError(400, 'PAGE_TOO_DEEP', `Pages reach line ${MAX_PAGED_LINES}; search a shorter time.`);
    }
    const request = this.toRequest(query);
    const { items, total } = await this.logs.page(request, query.page, query.pageSize);
    return { ...toPage(query, items.map(toLogEntry), total), ...this.toRange(request) };
  }

  @Get('api/logs/histogram')
  @Requires('viewer', 'logs:read')
  @Answers(200, LogHistogramAnswer)
  async histogram(@Query() query: LogsQuery): Promise<LogHistogramAnswer> {
    const request = this.toRequest(query);
    const { unit, total, bars } = await this.logs.histogram(request);
    const shown = bars.map(({ at, count }) => ({ at: at.toISOString(), count }));
    return { from: request.from.toISOString(), to: request.to.toISOString(), unit, total, bars: shown };
  }

  /** A short link to a search. The same search has the same link. */
  @Post('api/logs/links')
  @HttpCode(201)
  @Requires('viewer', 'logs:read')
  @Answers(201, LogLinkAnswer)
  async share(@Body() body: LogLinkBody, @CurrentActor() actor: Actor): Promise<LogLinkAnswer> {
    const { from, to } = this.toRequest(body);
    const range = { from: from.toISOString(), to: to.toISOString() };
    const state: LogLinkState = { q: body.q, from: body.from, to: body.to, columns: body.columns };
    const id = await this.links.keep(body.freeze ? { ...state, ...range } : state, actor.id);
    return { id, url: `/l/${id}`, ...range };
  }

  /** Whoever opens a link needs the right to read the log, as whoever made it did. */
  @Get('l/:id')
  @Requires('viewer', 'logs:read')
  @Answers(302)
  async open(@Param('id') id: string, @Res() response: Response): Promise<void> {
    const state = await this.links.find(id);
    if (!state) throw new ProblemError(404, 'LOG_LINK_NOT_FOUND', 'There is no such link.');
    response.redirect(302, linkTarget(state));
  }

  private toRequest({ q, from, to }: { q: string; from: string; to: string }): LogRequest {
    const now = this.clock.now();
    const [first, last] = [readMoment(from, now), readMoment(to, now)];
    const message = 'must be RFC 3339, now, or now-15m (s, m, h, d, w)';
    if (!first) throw validationProblem([{ path: 'from', message: `from ${message}` }]);
    if (!last) throw validationProblem([{ path: 'to', message: `to ${message}` }]);
    if (first > last) throw validationProblem([{ path: 'to', message: 'to must not be before from' }]);
    return { filter: readQuery(q), from: first, to: last };
  }

  private toRange({ from, to }: LogRequest): Pick<LogsAnswer, 'from' | 'to' | 'isPartlyExpired'> {
    const keptMs = this.config.logRetentionDays * DAY_MS;
    const isPartlyExpired = from.getTime() < this.clock.now().getTime() - keptMs;
    return { from: from.toISOString(), to: to.toISOString(), isPartlyExpired };
  }
}

/** A query that cannot be read is the caller's 400, with the character at which it went wrong. */
function readQuery(q: string): Filter {
  try {
    return toLogFilter(parseLogQuery(q));
  } catch (error) {
    if (!(error instanceof LogQueryError)) throw error;
    const { position, message } = error;
    throw new ProblemError(400, 'LOG_QUERY_INVALID', `${message} (at character ${position})`, {
      position,
      errors: [{ path: 'q', message }],
    });
  }
}
