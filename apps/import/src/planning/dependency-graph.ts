/** Objects, numbered from 1, and which of them must be there before which. One entry an edge in `child` and `parent`. */
export interface DependencyGraph {
  readonly objects: number;
  readonly child: Int32Array;
  readonly parent: Int32Array;
  /** Edges of which the link may be made afterwards: 1. Empty when no edge is. */
  readonly deferrable: Uint8Array;
  /** By object number: 1 when it exists already, and so goes on although a parent fails. */
  readonly exists: Uint8Array;
  /** By object number: 1 when it is wrong by itself. */
  readonly wrong: Uint8Array;
}

/** What becomes of an object: by these numbers in `Layout.outcome`. */
export const OUTCOME = { fine: 0, wrong: 1, inCycle: 2, blocked: 3 } as const;

/** The order in which a graph can be made, and what cannot be. Arrays are indexed by object number. */
export interface Layout {
  readonly outcome: Uint8Array;
  /** 0: waits for nothing; -1: cannot be made. */
  readonly level: Int32Array;
  /** Edges from parents that will be made. */
  readonly parentsLeft: Int32Array;
  /** Objects of each level. */
  readonly levels: readonly number[];
  /** Edges cut so that a cycle can be made, by index, ascending. */
  readonly deferred: readonly number[];
  /** Objects of each cycle that is left: they all need one another. */
  readonly cycles: readonly Int32Array[];
}

/** Edges by their parent: those of object n are `edges[from[n]]` to before `edges[from[n + 1]]`. */
export interface EdgesByParent {
  readonly from: Int32Array;
  readonly edges: Int32Array;
}

/** Time and memory grow with objects and edges, never with depth: nothing here recurses. */
export function layOut(graph: DependencyGraph): Layout {
  const byParent = groupByParent(graph);
  const cut = new Uint8Array(graph.child.length);
  const none = new Uint8Array(graph.objects + 1);
  let ranked = rank(graph, byParent, cut, none);
  let cycles = ranked.placed === graph.objects ? [] : findCycles(graph, byParent, cut, ranked.waiting);
  const deferred = cycles.length > 0 ? cutDeferrable(graph, cut, cycles) : [];
  if (deferred.length > 0) {
    ranked = rank(graph, byParent, cut, none);
    cycles = ranked.placed === graph.objects ? [] : findCycles(graph, byParent, cut, ranked.waiting);
  }
  const outcome = judge(graph, byParent, cut, cycles);
  if (outcome.some((each) => each !== OUTCOME.fine)) ranked = rank(graph, byParent, cut, outcome);
  const { level, parentsLeft } = ranked;
  return { outcome, level, parentsLeft, levels: countLevels(level), deferred, cycles };
}

export function groupByParent({ objects, parent }: Pick<DependencyGraph, 'objects' | 'parent'>): EdgesByParent {
  const from = new Int32Array(objects + 2);
  for (const each of parent) from[each + 1] = at(from, each + 1) + 1;
  for (let n = 1; n < from.length; n++) from[n] = at(from, n) + at(from, n - 1);
  const next = from.slice();
  const edges = new Int32Array(parent.length);
  for (let edge = 0; edge < parent.length; edge++) {
    const place = at(next, at(parent, edge));
    edges[place] = edge;
    next[at(parent, edge)] = place + 1;
  }
  return { from, edges };
}

interface Ranking {
  readonly level: Int32Array;
  readonly parentsLeft: Int32Array;
  /** Parents that were never placed: above 0 in a cycle and below one. */
  readonly waiting: Int32Array;
  readonly placed: number;
}

/** Levels by Kahn's algorithm over the objects that are not left out and the edges that are not cut. */
function rank(graph: DependencyGraph, byParent: EdgesByParent, cut: Uint8Array, leftOut: Uint8Array): Ranking {
  const { objects, child, parent } = graph;
  const parentsLeft = new Int32Array(objects + 1);
  for (let edge = 0; edge < child.length; edge++) {
    const to = at(child, edge);
    if (!at(cut, edge) && !at(leftOut, at(parent, edge)) && !at(leftOut, to)) parentsLeft[to] = at(parentsLeft, to) + 1;
  }
  const waiting = parentsLeft.slice();
  const level = new Int32Array(objects + 1).fill(-1);
  const queue = new Int32Array(objects);
  let placed = 0;
  for (let n = 1; n <= objects; n++) {
    if (at(waiting, n) > 0 || at(leftOut, n)) continue;
    level[n] = 0;
    queue[placed++] = n;
  }
  for (let head = 0; head < placed; head++) {
    const done = at(queue, head);
    for (let i = at(byParent.from, done); i < at(byParent.from, done + 1); i++) {
      const edge = at(byParent.edges, i);
      const to = at(child, edge);
      if (at(cut, edge) || at(leftOut, to)) continue;
      waiting[to] = at(waiting, to) - 1;
      if (at(waiting, to) > 0) continue;
      // The last parent to be placed is one of the highest level: objects are placed level by level.
      level[to] = at(level, done) + 1;
      queue[placed++] = to;
    }
  }
  return { level, parentsLeft, waiting, placed };
}

/**
 * Strongly connected components with more than one object, or one that needs itself, among the objects still waiting
 * (Tarjan's algorithm with a stack of its own).
 */
function findCycles(
  { objects, child }: DependencyGraph,
  { from, edges }: EdgesByParent,
  cut: Uint8Array,
  waiting: Int32Array,
): Int32Array[] {
  const cycles: Int32Array[] = [];
  const seenAt = new Int32Array(objects + 1);
  const low = new Int32Array(objects + 1);
  const onStack = new Uint8Array(objects + 1);
  const stack = new Int32Array(objects);
  const path = new Int32Array(objects);
  const nextEdge = from.slice();
  let depth = 0;
  let height = 0;
  let seen = 0;
  const enter = (n: number): void => {
    seenAt[n] = low[n] = ++seen;
    onStack[n] = 1;
    stack[height++] = n;
    path[depth++] = n;
  };
  const leave = (n: number): void => {
    depth--;
    if (depth > 0) {
      const above = at(path, depth - 1);
      low[above] = Math.min(at(low, above), at(low, n));
    }
    if (at(low, n) !== at(seenAt, n)) return;
    const top = height;
    do onStack[at(stack, --height)] = 0;
    while (at(stack, height) !== n);
    if (top - height > 1 || needsItself(n)) cycles.push(stack.slice(height, top).sort());
  };
  const needsItself = (n: number): boolean => {
    for (let i = at(from, n); i < at(from, n + 1); i++) {
      if (at(child, at(edges, i)) === n && !at(cut, at(edges, i))) return true;
    }
    return false;
  };
  for (let root = 1; root <= objects; root++) {
    if (at(seenAt, root) > 0 || at(waiting, root) === 0) continue;
    enter(root);
    while (depth > 0) {
      const n = at(path, depth - 1);
      const i = at(nextEdge, n);
      if (i === at(from, n + 1)) {
        leave(n);
        continue;
      }
      nextEdge[n] = i + 1;
      const to = at(child, at(edges, i));
      if (at(cut, at(edges, i)) || at(waiting, to) === 0) continue;
      if (at(seenAt, to) === 0) enter(to);
      else if (at(onStack, to)) low[n] = Math.min(at(low, n), at(seenAt, to));
    }
  }
  return cycles;
}

/** Cuts the deferrable edges inside of cycles, and only those; answers which. */
function cutDeferrable(graph: DependencyGraph, cut: Uint8Array, cycles: readonly Int32Array[]): number[] {
  if (graph.deferrable.length === 0) return [];
  const cycleOf = new Int32Array(graph.objects + 1);
  for (const [index, members] of cycles.entries()) for (const n of members) cycleOf[n] = index + 1;
  const deferred: number[] = [];
  for (let edge = 0; edge < graph.child.length; edge++) {
    const cycle = at(cycleOf, at(graph.child, edge));
    if (!at(graph.deferrable, edge) || cycle === 0 || cycle !== at(cycleOf, at(graph.parent, edge))) continue;
    cut[edge] = 1;
    deferred.push(edge);
  }
  return deferred;
}

/** Wrong ones, those in cycles, and all that need one of them and do not exist yet. */
function judge(
  { objects, child, exists, wrong }: DependencyGraph,
  { from, edges }: EdgesByParent,
  cut: Uint8Array,
  cycles: readonly Int32Array[],
): Uint8Array {
  const outcome = new Uint8Array(objects + 1);
  const queue = new Int32Array(objects);
  let tail = 0;
  const mark = (n: number, as: number): void => {
    if (at(outcome, n) !== OUTCOME.fine) return;
    outcome[n] = as;
    queue[tail++] = n;
  };
  for (let n = 1; n <= objects; n++) if (at(wrong, n)) mark(n, OUTCOME.wrong);
  for (const members of cycles) for (const n of members) mark(n, OUTCOME.inCycle);
  for (let head = 0; head < tail; head++) {
    const failed = at(queue, head);
    for (let i = at(from, failed); i < at(from, failed + 1); i++) {
      const to = at(child, at(edges, i));
      if (!at(cut, at(edges, i)) && !at(exists, to)) mark(to, OUTCOME.blocked);
    }
  }
  return outcome;
}

function countLevels(level: Int32Array): number[] {
  const levels: number[] = [];
  for (let n = 1; n < level.length; n++) {
    const each = at(level, n);
    if (each < 0) continue;
    while (levels.length <= each) levels.push(0);
    levels[each] = (levels[each] as number) + 1;
  }
  return levels;
}

/** An element that is known to be there: indexes are checked by construction, and the compiler cannot see it. */
function at(array: Int32Array | Uint8Array, index: number): number {
  return array[index] as number;
}
