import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CyclePaths } from './cycle-path.js';
import { type DependencyGraph, layOut, OUTCOME } from './dependency-graph.js';

interface Edge {
  child: number;
  parent: number;
  deferrable?: boolean;
}

function graphOf(objects: number, edges: Edge[], exists: number[] = [], wrong: number[] = []): DependencyGraph {
  const flags = (numbers: number[]): Uint8Array => {
    const array = new Uint8Array(objects + 1);
    for (const each of numbers) array[each] = 1;
    return array;
  };
  return {
    objects,
    child: Int32Array.from(edges, ({ child }) => child),
    parent: Int32Array.from(edges, ({ parent }) => parent),
    deferrable: edges.some(({ deferrable }) => deferrable)
      ? Uint8Array.from(edges, ({ deferrable }) => (deferrable ? 1 : 0))
      : new Uint8Array(),
    exists: flags(exists),
    wrong: flags(wrong),
  };
}

/** By definition, with sets and closures, as slow as it likes. */
function naive({ objects, child, parent, deferrable, exists, wrong }: DependencyGraph) {
  const all = Array.from(child, (from, edge) => ({ child: from, parent: parent[edge] as number, edge }));
  const numbers = Array.from({ length: objects }, (_, index) => index + 1);
  const above = (edges: typeof all): Map<number, Set<number>> => {
    const reached = new Map(numbers.map((n) => [n, new Set(edges.filter((e) => e.child === n).map((e) => e.parent))]));
    for (let isGrowing = true; isGrowing; ) {
      isGrowing = false;
      for (const set of reached.values()) {
        for (const each of [...set]) {
          for (const further of reached.get(each) ?? []) {
            if (!set.has(further)) isGrowing = true;
            set.add(further);
          }
        }
      }
    }
    return reached;
  };
  const before = above(all);
  const deferred = all.filter((e) => deferrable[e.edge] && before.get(e.parent)?.has(e.child)).map((e) => e.edge);
  const kept = all.filter((e) => !deferred.includes(e.edge));
  const ancestors = above(kept);
  const inCycle = numbers.filter((n) => ancestors.get(n)?.has(n));
  const failed = new Set([...numbers.filter((n) => wrong[n]), ...inCycle]);
  for (let isGrowing = true; isGrowing; ) {
    const more = kept.filter((e) => failed.has(e.parent) && !exists[e.child] && !failed.has(e.child));
    for (const e of more) failed.add(e.child);
    isGrowing = more.length > 0;
  }
  const left = (n: number) => kept.filter((e) => e.child === n && !failed.has(e.parent));
  const levelOf = (n: number): number => Math.max(0, ...left(n).map((e) => levelOf(e.parent) + 1));
  return {
    deferred,
    inCycle,
    failed: [...failed].sort((a, b) => a - b),
    levels: numbers.map((n) => (failed.has(n) ? -1 : levelOf(n))),
    parentsLeft: numbers.map((n) => (failed.has(n) ? 0 : left(n).length)),
  };
}

const graphs = fc.integer({ min: 1, max: 9 }).chain((objects) => {
  const number = fc.integer({ min: 1, max: objects });
  const edge = fc.record({ child: number, parent: number, deferrable: fc.boolean() });
  return fc
    .tuple(fc.array(edge, { maxLength: 16 }), fc.array(number, { maxLength: 3 }), fc.array(number, { maxLength: 2 }))
    .map(([edges, exists, wrong]) => graphOf(objects, edges, exists, wrong));
});

describe('layOut', () => {
  it('says of any graph what the definitions say', () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const layout = layOut(graph);
        const expected = naive(graph);
        const numbers = Array.from({ length: graph.objects }, (_, index) => index + 1);
        expect(layout.deferred).toEqual(expected.deferred);
        expect([...layout.level].slice(1)).toEqual(expected.levels);
        expect(numbers.filter((n) => layout.outcome[n] !== OUTCOME.fine)).toEqual(expected.failed);
        expect(layout.cycles.flatMap((members) => [...members]).sort((a, b) => a - b)).toEqual(expected.inCycle);
        expect([...layout.parentsLeft].slice(1)).toEqual(expected.parentsLeft);
        expect(layout.levels.reduce((sum, each) => sum + each, 0)).toBe(graph.objects - expected.failed.length);
      }),
      { numRuns: 2_000 },
    );
  });

  it('names a way round through any member of a cycle', () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const uncut = { ...graph, deferrable: new Uint8Array() };
        const paths = new CyclePaths(uncut);
        for (const members of layOut(uncut).cycles) {
          for (const start of members) {
            const path = paths.through(start, members);
            expect(path.at(0)).toBe(start);
            expect(path.at(-1)).toBe(start);
            expect(new Set(path).size).toBe(path.length - 1);
            for (const [step, child] of path.slice(0, -1).entries()) {
              const parent = path[step + 1];
              expect(graph.child.some((each, edge) => each === child && graph.parent[edge] === parent)).toBe(true);
            }
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('tells a cycle from what only hangs on it', () => {
    const { outcome, cycles } = layOut(
      graphOf(4, [
        { child: 1, parent: 2 },
        { child: 2, parent: 1 },
        { child: 3, parent: 2 },
        { child: 4, parent: 3 },
      ]),
    );
    expect([...outcome].slice(1)).toEqual([OUTCOME.inCycle, OUTCOME.inCycle, OUTCOME.blocked, OUTCOME.blocked]);
    expect(cycles.map((members) => [...members])).toEqual([[1, 2]]);
  });

  it('lets an object that exists go on, and with it what only hangs on that', () => {
    const layout = layOut(
      graphOf(
        3,
        [
          { child: 2, parent: 1 },
          { child: 3, parent: 2 },
        ],
        [2],
        [1],
      ),
    );
    expect([...layout.outcome].slice(1)).toEqual([OUTCOME.wrong, OUTCOME.fine, OUTCOME.fine]);
    expect([...layout.parentsLeft].slice(1)).toEqual([0, 0, 1]);
  });

  it('takes a chain of a million, and a ring of a million, without recursion', () => {
    const length = 1_000_000;
    const chain = Array.from({ length: length - 1 }, (_, index) => ({ child: index + 2, parent: index + 1 }));
    expect(layOut(graphOf(length, chain)).levels.length).toBe(length);
    const ring = layOut(graphOf(length, [...chain, { child: 1, parent: length }]));
    expect(ring.cycles.map((members) => members.length)).toEqual([length]);
  });
});
