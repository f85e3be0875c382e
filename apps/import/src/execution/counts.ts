import type { LinkStatus, ObjectStatus } from '../statuses.js';

/** How many objects or links of a batch are in each status. */
export type Counts<S extends string> = Readonly<Partial<Record<S, number>>>;
export type ObjectCounts = Counts<ObjectStatus>;
export type LinkCounts = Counts<LinkStatus>;

const OPEN = ['processing', 'checking', 'creating'] as const;

/** Those that nothing more will happen to by themselves are not counted. */
function countOpen(counts: Counts<string>): number {
  return OPEN.reduce((sum, status) => sum + (counts[status] ?? 0), 0);
}

/** Those that an owner was asked for, or is about to be. */
export function countAsked(counts: Counts<string>): number {
  return (counts['checking'] ?? 0) + (counts['creating'] ?? 0);
}

/** Counters that change within one transaction. */
export class Tally<S extends string> {
  private readonly values: Map<S, number>;

  constructor(counts: Counts<S>) {
    this.values = new Map(Object.entries(counts) as [S, number][]);
  }

  move(count: number, from: S, to: S): void {
    this.values.set(from, (this.values.get(from) ?? 0) - count);
    this.values.set(to, (this.values.get(to) ?? 0) + count);
  }

  /** Moves `count` in all, from the first of `froms` that has any, then from the next. */
  take(count: number, froms: readonly S[], to: S): void {
    let rest = count;
    for (const from of froms) {
      const part = Math.min(rest, Math.max(0, this.of(from)));
      if (part > 0) this.move(part, from, to);
      rest -= part;
    }
  }

  /** Replaces everything by what was counted anew. */
  reset(counts: Counts<S>): void {
    this.values.clear();
    for (const [status, count] of Object.entries(counts) as [S, number][]) this.values.set(status, count);
  }

  /** Without what is zero. */
  get counts(): Counts<S> {
    return Object.fromEntries([...this.values].filter(([, count]) => count !== 0)) as Counts<S>;
  }

  get total(): number {
    return [...this.values.values()].reduce((sum, count) => sum + count, 0);
  }

  get open(): number {
    return countOpen(this.counts);
  }

  /** True when something ended otherwise than it was meant to. */
  get hasFailures(): boolean {
    return this.values.size > 0 && (this.of('error' as S) > 0 || this.of('blocked' as S) > 0);
  }

  of(status: S): number {
    return this.values.get(status) ?? 0;
  }
}

/** Part of what is to be done that came to its end, whichever; 0 to 100, rounded down so that 100 means all. */
export function percentDone(objects: ObjectCounts, links: LinkCounts): number {
  const sum = (counts: Counts<string>) =>
    Object.values(counts).reduce((total: number, count) => total + (count ?? 0), 0);
  const total = sum(objects) + sum(links);
  return total === 0 ? 100 : Math.floor((100 * (total - countOpen(objects) - countOpen(links))) / total);
}
