import { type DependencyGraph, type EdgesByParent, groupByParent } from './dependency-graph.js';

/** Finds, in one graph, a shortest way round through a given object of a cycle. */
export class CyclePaths {
  private readonly byParent: EdgesByParent;
  /** The child by which an object was reached; 0: not reached. Put back after each search, so that many cost what they visit. */
  private readonly reachedFrom: Int32Array;

  constructor(private readonly graph: Pick<DependencyGraph, 'objects' | 'child' | 'parent'>) {
    this.byParent = groupByParent(graph);
    this.reachedFrom = new Int32Array(graph.objects + 1);
  }

  /**
   * From `start` to an object that it needs, and so on, back to `start`, which stands at both ends.
   * @throws Error when `start` is in no cycle of `members`
   */
  through(start: number, members: Int32Array): number[] {
    const isMember = new Set(members);
    const visited: number[] = [];
    const queue = [start];
    try {
      for (let head = 0; head < queue.length; head++) {
        const from = queue[head] as number;
        for (const child of this.childrenOf(from)) {
          if (child === start) return this.trace(from, start);
          if (!isMember.has(child) || this.reachedFrom[child] !== 0) continue;
          this.reachedFrom[child] = from;
          visited.push(child);
          queue.push(child);
        }
      }
    } finally {
      for (const each of visited) this.reachedFrom[each] = 0;
    }
    throw new Error(`object ${start} is in no cycle`);
  }

  private trace(last: number, start: number): number[] {
    const path = [start];
    for (let each = last; each !== start; each = this.reachedFrom[each] as number) path.push(each);
    return [...path, start];
  }

  private *childrenOf(object: number): Iterable<number> {
    const { from, edges } = this.byParent;
    for (let i = from[object] as number; i < (from[object + 1] as number); i++) {
      yield this.graph.child[edges[i] as number] as number;
    }
  }
}
