import {
  type Filter,
  IndexNotFoundError,
  type SearchEngine,
  type SearchItem,
  type SearchResult,
} from '@lockstep/search';
import { SEARCH_ENGINE } from '@lockstep/service';
import { Inject, Injectable } from '@nestjs/common';
import { logSchema } from './log-document.js';
import { indexOf, LogIndex } from './log-index.js';
import { BAR_UNITS, type BarUnit, chooseBars } from './log-range.js';

/** What is looked for, and when it happened; both ends belong to the range. */
export interface LogRequest {
  readonly filter: Filter;
  readonly from: Date;
  readonly to: Date;
}

export interface LogBar {
  /** Its beginning. */
  readonly at: Date;
  readonly count: number;
}

/** Days that are asked at the same time. */
const DAYS_AT_ONCE = 8;
const NEWEST_FIRST = [{ field: 'at', direction: 'desc' }] as const;

/**
 * Searches the log day by day, the newest first: the days' indexes do not overlap in time, so that what they find follows
 * one another. A day that is dropped meanwhile has nothing.
 */
@Injectable()
export class LogSearch {
  constructor(
    @Inject(SEARCH_ENGINE) private readonly engine: SearchEngine,
    private readonly index: LogIndex,
  ) {}

  /** One page and the number of all that was found. */
  async page(request: LogRequest, page: number, pageSize: number): Promise<{ items: SearchItem[]; total: number }> {
    const filters = filtersOf(request);
    const counted = await this.eachDay(request, async (day) => ({
      day,
      count: await this.engine.count(logSchema, indexOf(day), filters),
    }));
    const items: SearchItem[] = [];
    let offset = (page - 1) * pageSize;
    for (const { day, count } of counted) {
      if (items.length === pageSize) break;
      if (offset < count) items.push(...(await this.slice(day, filters, offset, pageSize - items.length)));
      offset = Math.max(0, offset - count);
    }
    return { items, total: counted.reduce((sum, { count }) => sum + count, 0) };
  }

  /** What was found over time; bars without anything included. */
  async histogram(request: LogRequest): Promise<{ unit: BarUnit; total: number; bars: LogBar[] }> {
    const unit = chooseBars(request.from, request.to);
    const { field, ms } = BAR_UNITS[unit];
    const filters = filtersOf(request);
    const facets = field ? [field] : [];
    const days = await this.eachDay(request, async (day) => ({
      day,
      found: await this.engine.search(logSchema, indexOf(day), { filters, pageSize: 1, facets }),
    }));
    const counts = new Map<number, number>();
    for (const { day, found } of days) for (const [at, count] of countsOf(day, found, unit)) counts.set(at, count);
    const bars: LogBar[] = [];
    const first = Math.floor(request.from.getTime() / ms);
    for (let at = first; at * ms <= request.to.getTime(); at += 1) {
      bars.push({ at: new Date(at * ms), count: counts.get(at) ?? 0 });
    }
    return { unit, total: days.reduce((sum, { found }) => sum + found.total, 0), bars };
  }

  /** Rows of one day from an offset on. An engine's pages begin at multiples of their size, so two of them are cut. */
  private async slice(day: string, filters: Filter[], offset: number, size: number): Promise<SearchItem[]> {
    const first = Math.floor(offset / size) + 1;
    const pages: SearchItem[] = [];
    for (const page of offset % size === 0 ? [first] : [first, first + 1]) {
      const query = { filters, sort: NEWEST_FIRST, page, pageSize: size };
      pages.push(...(await this.engine.search(logSchema, indexOf(day), query)).items);
    }
    return pages.slice(offset % size, (offset % size) + size);
  }

  private async eachDay<T>({ from, to }: LogRequest, read: (day: string) => Promise<T>): Promise<T[]> {
    const days = await this.index.days(from, to);
    const answers: T[] = [];
    for (let at = 0; at < days.length; at += DAYS_AT_ONCE) {
      const some = await Promise.all(days.slice(at, at + DAYS_AT_ONCE).map((day) => read(day).catch(ignoreDropped)));
      answers.push(...some.filter((answer) => answer !== undefined));
    }
    return answers;
  }
}

function filtersOf({ filter, from, to }: LogRequest): Filter[] {
  return [{ field: 'at', range: { from: from.toISOString(), to: to.toISOString() } }, filter];
}

/** Counts by the number of the bar since 1970. */
function countsOf(day: string, { facets, total }: SearchResult, unit: BarUnit): (readonly [number, number])[] {
  const { field, ms } = BAR_UNITS[unit];
  if (field) return (facets[field] ?? []).map(({ value, count }) => [Number(value), count] as const);
  const start = Date.parse(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T00:00:00Z`);
  return [[start / ms, total]];
}

function ignoreDropped(error: unknown): undefined {
  if (!(error instanceof IndexNotFoundError)) throw error;
  return undefined;
}
