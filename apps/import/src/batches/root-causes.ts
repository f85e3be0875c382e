/** A dependency of which the parent did not come through. */
export interface FailedDependency {
  readonly child: number;
  readonly parent: number;
  /** The parent failed by itself; otherwise it is blocked in turn. */
  readonly isCause: boolean;
}

/**
 * What is behind an object that is blocked: those it needs, over however many others, that failed by themselves. At most
 * `limit` a start, those nearest to it first. Iterative: chains are as long as batches.
 */
export function rootCauses(
  starts: readonly number[],
  dependencies: readonly FailedDependency[],
  limit: number,
): Map<number, number[]> {
  const byChild = new Map<number, FailedDependency[]>();
  for (const each of dependencies) {
    const known = byChild.get(each.child);
    if (known) known.push(each);
    else byChild.set(each.child, [each]);
  }
  return new Map(starts.map((start) => [start, causesOf(start, byChild, limit)]));
}

function causesOf(start: number, byChild: ReadonlyMap<number, readonly FailedDependency[]>, limit: number): number[] {
  const causes = new Set<number>();
  const seen = new Set([start]);
  const queue = [start];
  for (let head = 0; head < queue.length && causes.size < limit; head++) {
    for (const { parent, isCause } of byChild.get(queue[head] as number) ?? []) {
      if (isCause) causes.add(parent);
      else if (!seen.has(parent)) queue.push(parent);
      seen.add(parent);
    }
  }
  return [...causes].slice(0, limit);
}
