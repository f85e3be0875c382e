import type { SearchEngine } from '../engine/search-engine.js';
import { SearchUnavailableError } from '../engine/search-errors.js';
import { GenerationGoneError } from './generation-errors.js';

/** A document ready to be written: `source` is made by `toIndexSource`, tombstones included. */
export interface IndexRow {
  readonly id: string;
  readonly version: number;
  readonly source: string;
}

/** A document that an index cannot store, and why. */
export interface RejectedRow {
  readonly id: string;
  readonly reason: string;
}

/** How far a fill is; each number only grows. */
export interface FillProgress {
  readonly read: number;
  readonly written: number;
  /** A newer version was there already, from a live change: as good as written. */
  readonly stale: number;
  readonly rejected: number;
}

/** What came of a fill. */
export interface FillResult extends Omit<FillProgress, 'rejected'> {
  /** The first 10,000; their neighbours were written. */
  readonly rejected: readonly RejectedRow[];
  readonly rejectedCount: number;
}

/** How a fill reports. */
export interface FillOptions {
  /** Called after each bulk, one call at a time; the fill waits for it. */
  readonly onProgress?: (progress: FillProgress) => void | Promise<void>;
}

/** Documents a request: 500 to 5,000 measure alike. */
const BULK_SIZE = 1_000;
/** Requests in flight: the second is worth half as much again, a third nothing. */
const IN_FLIGHT = 2;
const MAX_LISTED_REJECTIONS = 10_000;

/**
 * Writes pages of any size into one index, in bulks of 1,000 with two in flight. Reads the next page only when a bulk is
 * done, so that memory stays flat; pages that come from afar may read ahead of themselves, as `keysetPages` does. May be run again from its start: versions make the second writing harmless.
 *
 * @throws SearchUnavailableError when the engine is away; GenerationGoneError when the index is gone; what `pages` throws
 */
export async function fillIndex(
  engine: SearchEngine,
  index: string,
  pages: AsyncIterable<readonly IndexRow[]> | Iterable<readonly IndexRow[]>,
  options: FillOptions = {},
): Promise<FillResult> {
  const tally = new Tally(options);
  const inFlight = new Set<Promise<void>>();
  const failures: unknown[] = [];
  try {
    for await (const rows of inBulks(pages, BULK_SIZE)) {
      const sent = sendBulk(engine, index, rows, tally)
        .catch((error: unknown) => void failures.push(error))
        .finally(() => inFlight.delete(sent));
      inFlight.add(sent);
      if (inFlight.size >= IN_FLIGHT) await Promise.race(inFlight);
      if (failures.length > 0) break;
    }
  } finally {
    await Promise.all(inFlight);
  }
  if (failures.length > 0) throw failures[0];
  return tally.result();
}

async function sendBulk(engine: SearchEngine, index: string, rows: readonly IndexRow[], tally: Tally): Promise<void> {
  const outcomes = await engine.bulk(rows.map(({ id, version, source }) => ({ index, id, version, source })));
  for (const [at, outcome] of outcomes.entries()) {
    if (outcome.status === 'missing') throw new GenerationGoneError(`${index} is gone.`);
    if (outcome.status === 'retryable') throw new SearchUnavailableError(`${index}: ${outcome.reason}`);
    if (outcome.status === 'rejected') tally.reject({ id: rows[at]!.id, reason: outcome.reason });
    else tally[outcome.status] += 1;
  }
  await tally.report();
}

/** Counts what was sent and tells it, one report after the other, each the newest. */
class Tally {
  ok = 0;
  stale = 0;
  #rejectedCount = 0;
  readonly #rejected: RejectedRow[] = [];
  #reported: Promise<void> = Promise.resolve();

  constructor(private readonly options: FillOptions) {}

  reject(row: RejectedRow): void {
    this.#rejectedCount += 1;
    if (this.#rejected.length < MAX_LISTED_REJECTIONS) this.#rejected.push(row);
  }

  report(): Promise<void> {
    this.#reported = this.#reported.then(() => this.options.onProgress?.(this.#progress()));
    return this.#reported;
  }

  result(): FillResult {
    return { ...this.#progress(), rejected: this.#rejected, rejectedCount: this.#rejectedCount };
  }

  #progress(): FillProgress {
    const read = this.ok + this.stale + this.#rejectedCount;
    return { read, written: this.ok, stale: this.stale, rejected: this.#rejectedCount };
  }
}

/** Cuts and joins pages to bulks of `size`; the last may be smaller. */
async function* inBulks<T>(
  pages: AsyncIterable<readonly T[]> | Iterable<readonly T[]>,
  size: number,
): AsyncGenerator<T[]> {
  let waiting: T[] = [];
  for await (const page of pages) {
    waiting = waiting.concat(page);
    while (waiting.length >= size) {
      yield waiting.slice(0, size);
      waiting = waiting.slice(size);
    }
  }
  if (waiting.length > 0) yield waiting;
}
