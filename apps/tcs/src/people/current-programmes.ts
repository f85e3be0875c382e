/** A span of calendar days written `yyyy-MM-dd`, which compare as text. */
export interface DayRange {
  start: string | null;
  end: string | null;
}

/** Both ends are inclusive. A range that lacks an end is an unfinished entry, not an endless one: it is never current. */
export function isCurrent({ start, end }: DayRange, asOf: string): boolean {
  return start !== null && end !== null && start <= asOf && asOf <= end;
}

/** What decides which of several current memberships comes first. */
export interface MembershipOrder {
  id: number;
  startDate: string | null;
  endDate: string | null;
}

/**
 * Orders memberships, primary first: the latest end, then the latest start, then the lowest id. The id only makes the
 * order total, so that the joined names of a doctor never change from one run to the next. Nulls come last.
 */
export function orderCurrentProgrammes<T extends MembershipOrder>(memberships: readonly T[]): T[] {
  return [...memberships].sort(
    (a, b) => latestFirst(a.endDate, b.endDate) || latestFirst(a.startDate, b.startDate) || a.id - b.id,
  );
}

function latestFirst(a: string | null, b: string | null): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a > b ? -1 : 1;
}
