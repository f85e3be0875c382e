import type { Graph, GraphObject } from './execution.fixture.js';

/** What the owners do in the end with each object and link, however often they are asked. */
export interface Fate {
  readonly failingObjects: ReadonlySet<number>;
  readonly failingLinks: ReadonlySet<number>;
}

/** How everything ends: an object is blocked exactly when some dependent ancestor that counts for it is not complete. */
export interface Expected {
  readonly objects: ReadonlyMap<number, string>;
  readonly links: ReadonlyMap<number, string>;
}

/**
 * The outcome of a batch in closed form, without any order of events. What exists does not depend on its parents. Dependent
 * links must form no cycle.
 */
export function expectedOutcome(graph: Graph, fate: Fate, verifyExisting: boolean): Expected {
  const byNo = new Map(graph.objects.map((object) => [object.no, object]));
  const objects = new Map<number, string>();
  const statusOf = (no: number): string => {
    const known = objects.get(no);
    if (known) return known;
    const status = decide(byNo.get(no)!);
    objects.set(no, status);
    return status;
  };
  const decide = (object: GraphObject): string => {
    if (object.isInvalid) return 'error';
    const parents = graph.links.filter(({ child, kind }) => child === object.no && kind !== 'independent');
    if (object.action === 'create' && parents.some(({ parent }) => statusOf(parent) !== 'complete')) return 'blocked';
    const isAsked = object.action !== 'reference' || verifyExisting;
    return isAsked && fate.failingObjects.has(object.no) ? 'error' : 'complete';
  };
  for (const { no } of graph.objects) statusOf(no);
  const links = new Map(
    graph.links.map(({ no, child, parent, kind }) => {
      if (kind === 'dependent') return [no, statusOf(child)];
      const canBeMade = statusOf(child) === 'complete' && statusOf(parent) === 'complete';
      return [no, canBeMade ? (fate.failingLinks.has(no) ? 'error' : 'complete') : 'blocked'];
    }),
  );
  return { objects, links };
}

/** How many values a map has of each kind. */
export function tally(values: Iterable<string>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
