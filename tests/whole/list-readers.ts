import type { GoldenList } from '@lockstep/testing';
import type { Stage } from '../stage/stage.js';
import { findInList, LIST_NAMES, readPage } from './lists.js';

/** Ten times a second. */
const EVERY_MS = 100;

/** What the readers of one list saw. */
interface ListSight {
  reads: number;
  /** Fewest rows at any moment. */
  fewest: number;
  /** Longest time that a read took. */
  slowestMs: number;
}

/** What all readers saw while something happened. */
export interface Sight {
  lists: Partial<Record<GoldenList, ListSight>>;
  /** Answers that were no answer, and doctors who were not there. */
  faults: string[];
}

/**
 * Users of the lists: each list is asked ten times a second for its first page, and in turn for one of the doctors who must
 * always be in it.
 */
export class ListReaders {
  private isStopping = false;
  private readonly sight: Sight = { lists: {}, faults: [] };
  private readonly working: Promise<void>[];

  constructor(
    private readonly stage: Stage,
    private readonly always: Readonly<Record<GoldenList, readonly string[]>>,
  ) {
    this.working = LIST_NAMES.map((list) => this.read(list));
  }

  /** Reads of the list that was read least. */
  fewestReads(): number {
    return Math.min(...LIST_NAMES.map((list) => this.sight.lists[list]?.reads ?? 0));
  }

  async stop(): Promise<Sight> {
    this.isStopping = true;
    await Promise.all(this.working);
    return this.sight;
  }

  private async read(list: GoldenList): Promise<void> {
    const seen: ListSight = { reads: 0, fewest: Number.POSITIVE_INFINITY, slowestMs: 0 };
    this.sight.lists[list] = seen;
    while (!this.isStopping) {
      const began = performance.now();
      try {
        const { total, items } = await readPage(this.stage, list);
        seen.fewest = Math.min(seen.fewest, total);
        if (items.length === 0) this.sight.faults.push(`${list} was empty`);
        const doctor = this.always[list][seen.reads % this.always[list].length] as string;
        if (!(await findInList(this.stage, list, doctor))) this.sight.faults.push(`${doctor} was not in ${list}`);
        seen.reads += 2;
      } catch (error) {
        this.sight.faults.push(`${list}: ${String(error)}`);
      }
      const took = performance.now() - began;
      seen.slowestMs = Math.max(seen.slowestMs, Math.round(took));
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, EVERY_MS - took)));
    }
  }
}
