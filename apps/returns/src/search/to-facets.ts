import type { FacetCount, SearchResult } from '@lockstep/search';
import { facetKey, type SearchPlan } from './plan-search.js';
import { type FacetName, NUMBER_FACETS } from './search-fields.js';

/** Figures of a number that was counted. */
export interface FacetStats {
  readonly min: number;
  readonly max: number;
  readonly avg: number;
  readonly sum: number;
}

/** Counts by the name of the facet and the value, the most frequent first. */
export function toFacets(plan: SearchPlan, results: readonly SearchResult[]): Record<string, Record<string, number>> {
  return Object.fromEntries(
    plan.facets.map((name) => [
      name,
      Object.fromEntries(countsOf(plan, name, results).map(({ value, count }) => [String(value), count])),
    ]),
  );
}

/** Of the values that were counted, which are all unless there are more of them than were asked for. */
export function toFacetStats(plan: SearchPlan, results: readonly SearchResult[]): Record<string, FacetStats> {
  const numbers = plan.facets.filter((name) => (NUMBER_FACETS as readonly string[]).includes(name));
  return Object.fromEntries(
    numbers.flatMap((name) => {
      const counts = countsOf(plan, name, results).map(({ value, count }) => [Number(value), count] as const);
      if (counts.length === 0) return [];
      const values = counts.map(([value]) => value);
      const sum = counts.reduce((total, [value, count]) => total + value * count, 0);
      const all = counts.reduce((total, [, count]) => total + count, 0);
      return [[name, { min: Math.min(...values), max: Math.max(...values), avg: sum / all, sum }]];
    }),
  );
}

function countsOf(plan: SearchPlan, name: FacetName, results: readonly SearchResult[]): readonly FacetCount[] {
  const key = facetKey(plan, name);
  return results.find(({ facets }) => facets[key] !== undefined)?.facets[key] ?? [];
}
