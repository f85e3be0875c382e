import type { FacetCount } from '../query/search-query.js';
import { ALL, type QueryCase } from './query-cases.conformance.js';

const refused = (promise: string, facet: object): QueryCase => ({
  promise: `refuses ${promise}`,
  query: { facets: [facet as never] },
  error: promise.startsWith('an unknown') ? 'FIELD_UNKNOWN' : 'VALUE_INVALID',
});

/** What facets of elements, sizes of facets and searches for what is gone must answer. */
export const FACET_CASES: readonly QueryCase[] = [
  {
    promise: 'a facet of elements counts documents, however many of their elements have the value',
    query: { facets: [{ nested: 'posts', field: 'title' }] },
    ids: ALL,
    facets: { 'posts.title': counts(['Registrar', 2], ['Locum', 1]) },
  },
  {
    promise: 'a facet of elements counts elements where those are asked for, and follows the filters of the search',
    query: {
      facets: [{ nested: 'programmes', field: 'name', count: 'elements' }],
      filters: [{ field: 'gmc', anyOf: ['7000001', '7000002'] }],
    },
    ids: 'p01 p02',
    facets: { 'programmes.name': counts(['GP', 2], ['Surgery', 1]) },
  },
  {
    promise: 'a facet looks only at elements that meet its own filters, all of them in the same element',
    query: {
      facets: [
        { nested: 'programmes', field: 'name', filters: [{ field: 'from', range: { from: '2026-01-01' } }] },
        { nested: 'posts', field: 'title', filters: [{ field: 'title', anyOf: ['Nobody'] }], count: 'elements' },
      ],
      filters: [{ field: 'gmc', anyOf: ['7000001', '7000002'] }],
    },
    ids: 'p01 p02',
    facets: { 'programmes.name': counts(['GP', 1], ['Surgery', 1]), 'posts.title': [] },
  },
  {
    promise: 'a facet of elements counts numbers and dates as what they are, through objects within the element',
    query: {
      facets: [
        { nested: 'posts', field: 'site.beds', count: 'elements' },
        { nested: 'programmes', field: 'from' },
      ],
      filters: [{ field: 'gmc', anyOf: ['7000002', '7100005'] }],
    },
    ids: 'p02 p05',
    facets: { 'posts.site.beds': counts([3, 1], [7, 1], [10, 1]), 'programmes.from': counts(['2026-01-01', 1]) },
  },
  {
    promise: 'a facet answers as many values as it is asked for',
    query: {
      facets: [
        { field: 'bodies', size: 1 },
        { nested: 'posts', field: 'title', size: 1 },
      ],
    },
    ids: ALL,
    facets: { bodies: counts(['1-25U-830', 2]), 'posts.title': counts(['Registrar', 2]) },
  },
  {
    promise: 'what is gone is found where it is asked for',
    query: { tombstones: true, pageSize: 1, page: 13 },
    ids: 'p13',
    total: 13,
  },
  {
    promise: 'what is gone has no field',
    query: { tombstones: true, filters: [{ field: 'gmc', exists: false }] },
    ids: 'p13',
  },
  {
    promise: 'what is gone meets no condition on a field',
    query: { tombstones: true, filters: [{ field: 'gmc', anyOf: ['7000001'] }] },
    ids: 'p01',
  },
  refused('a facet of no value', { field: 'bodies', size: 0 }),
  refused('a facet of 1,001 values', { field: 'bodies', size: 1_001 }),
  refused('an unknown field of an element', { nested: 'posts', field: 'lastName' }),
  refused('an unknown nested field of a facet', { nested: 'address', field: 'city' }),
];

function counts(...values: readonly (readonly [FacetCount['value'], number])[]): FacetCount[] {
  return values.map(([value, count]) => ({ value, count }));
}
