/** How a window chooses its returns; see `ReturnsConfig.windowMode`. */
export const WINDOW_MODES = ['snapshot', 'updated_at'] as const;
export type WindowMode = (typeof WINDOW_MODES)[number];

/** Where the window completed last ended. */
export interface WindowBase {
  readonly snapshot: string | null;
  readonly dateRangeEnd: Date | null;
  readonly systemIdentifier: string | null;
  readonly timeline: string | null;
}

/** The database at the moment when a window is planned. */
export interface PresentMoment {
  readonly snapshot: string;
  /** By the database's clock. */
  readonly now: Date;
  readonly systemIdentifier: string;
  readonly timeline: string;
  /** When the oldest transaction began that has written and not ended; null when there is none. */
  readonly oldestWriterSince: Date | null;
  /** The base's snapshot knows transactions that this database has not begun. */
  readonly isBehindBase: boolean;
}

/** Which returns a window takes. */
export type Selection =
  | { readonly kind: 'all'; readonly why: 'first' | 'otherDatabase' }
  | { readonly kind: 'between'; readonly from: string; readonly to: string }
  | { readonly kind: 'stamped'; readonly from: Date; readonly to: Date };

/** A window as people speak of it, and as it is chosen. */
export interface Window {
  readonly dateRangeStart: Date | null;
  readonly dateRangeEnd: Date;
  readonly selection: Selection;
}

export interface WindowPolicy {
  readonly mode: WindowMode;
  readonly overlapMs: number;
  readonly capAtOldestWriter: boolean;
}

/** Before the oldest writer, because a transaction is stamped slightly before it is seen to write. */
const CAP_MARGIN_MS = 5_000;

/**
 * The next window. Without a base, or with one of another database (a failover that lost transactions, a restored copy),
 * it is everything there is: what the base's snapshot says of transactions means nothing there.
 */
export function nextWindow(base: WindowBase, present: PresentMoment, policy: WindowPolicy): Window {
  const dateRangeStart = base.dateRangeEnd && new Date(base.dateRangeEnd.getTime() - policy.overlapMs);
  const dateRangeEnd = endOf(present, policy);
  return { dateRangeStart, dateRangeEnd, selection: select() };

  function select(): Selection {
    if (base.snapshot === null || dateRangeStart === null) return { kind: 'all', why: 'first' };
    if (isOtherDatabase(base, present)) return { kind: 'all', why: 'otherDatabase' };
    if (policy.mode === 'snapshot') return { kind: 'between', from: base.snapshot, to: present.snapshot };
    return { kind: 'stamped', from: dateRangeStart, to: dateRangeEnd };
  }
}

function isOtherDatabase(base: WindowBase, present: PresentMoment): boolean {
  return (
    base.systemIdentifier !== present.systemIdentifier || base.timeline !== present.timeline || present.isBehindBase
  );
}

function endOf({ now, oldestWriterSince }: PresentMoment, { mode, capAtOldestWriter }: WindowPolicy): Date {
  if (mode === 'snapshot' || !capAtOldestWriter || oldestWriterSince === null) return now;
  return new Date(Math.min(now.getTime(), oldestWriterSince.getTime() - CAP_MARGIN_MS));
}
