import { isSearchUnavailable } from '@lockstep/search';
import { Clock } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { LogSearch } from '../logs/log-search.js';
import { toLogEntry } from '../logs/logs.answer.js';
import type { AttemptView } from './item-detail.answer.js';

/** More answers than attempts that are shown: an acknowledgment and an answer each. */
const MAX_ANSWERS = 100;
const MINUTE_MS = 60_000;

/** What the shop said at once to each attempt, from the log. */
@Injectable()
export class LoggedResponses {
  constructor(
    private readonly logs: LogSearch,
    private readonly clock: Clock,
  ) {}

  async addTo(attempts: AttemptView[]): Promise<AttemptView[]> {
    const first = attempts.at(-1);
    if (!first) return attempts;
    const found = await this.read(attempts, new Date(Date.parse(first.sentAt) - MINUTE_MS));
    return attempts.map((attempt) => ({ ...attempt, response: found.get(attempt.requestId) ?? null }));
  }

  /** Nothing while the search engine is away: the page is worth showing without. */
  private async read(attempts: readonly AttemptView[], from: Date) {
    const filter = {
      and: [
        { field: 'requestId', anyOf: attempts.map(({ requestId }) => requestId) },
        { field: 'direction', anyOf: ['Ack', 'RawResponse'] },
      ],
    };
    try {
      const { items } = await this.logs.page({ filter, from, to: this.clock.now() }, 1, MAX_ANSWERS);
      const entries = items.map(toLogEntry);
      return new Map(
        entries.map(({ requestId, at, direction, message }) => [requestId, { at, direction, text: message }]),
      );
    } catch (error) {
      if (!isSearchUnavailable(error)) throw error;
      return new Map<string, never>();
    }
  }
}
