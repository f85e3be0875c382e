/** Queries where engines are likely to differ: several values, elements within elements, open ends, unusual characters. */
import type { Filter } from '../query/search-query.js';
import { ALL, type QueryCase, refused, text } from './query-cases.conformance.js';

const filtered = (promise: string, filters: readonly Filter[], ids: string): QueryCase => ({
  promise,
  query: { filters },
  ids,
});
const posts = (...filters: Filter[]): Filter => ({ nested: 'posts', filters });

/** Asked of the same documents, for every engine. */
export const EDGE_CASES: readonly QueryCase[] = [
  text('MARY-ANN O’BRIEN', 'p02'),
  text('maryann', ''),
  text('mueller', ''),
  text('ŁUKASZ', 'p05'),
  text('jo smith-j', 'p03 p04'),
  text('o brien', ''),
  text("o' brien", ''),
  text('ｓｍｉｔｈ', 'p03 p04 p07 p08'),
  text('zoë straße', 'p06'),
  text('zoe strasser', ''),
  text('de\tla\ncruz', 'p12'),
  text('\0smith\0', 'p03 p04 p07 p08'),
  text('smith smith smith', 'p03 p04 p07 p08'),
  text('null', ''),
  text("smith:* & !john | 'x'", ''),
  text('&|!():*<->', ALL),
  text('7100005', 'p05'),
  text('71 ann', 'p08'),

  filtered('a text with NUL is compared like any other', [{ field: 'lastName', anyOf: ['Smith\0', 'Smith'] }], 'p04'),
  filtered('NULL is a text', [{ field: 'lastName', anyOf: ['NULL', 'null', ''] }], ''),
  filtered(
    'braces, commas and backslashes are texts',
    [{ field: 'lastName', anyOf: ['{Smith,smith}', '\\', '"'] }],
    '',
  ),
  filtered('a value asked for twice counts once', [{ field: 'personId', anyOf: [2, 2] }], 'p02'),
  filtered('an empty prefix keeps what has a value', [{ field: 'bodies', prefix: '' }], 'p01 p02 p03 p12'),
  filtered('a prefix respects accents', [{ field: 'firstName', prefix: 'Siâ' }], 'p01'),
  filtered('a prefix without the accent is another', [{ field: 'firstName', prefix: 'Sia' }], ''),
  filtered('a prefix takes % as it is', [{ field: 'firstName', prefix: '%' }], ''),
  filtered('a prefix takes _ as it is', [{ field: 'firstName', prefix: '_' }], ''),
  filtered('a prefix beyond the basic plane', [{ field: 'lastName', prefix: '𠮷' }], 'p10'),
  filtered('a range turned round is empty', [{ field: 'personId', range: { from: 3, to: 2 } }], ''),
  filtered(
    'a range reaches the largest safe number',
    [{ field: 'personId', range: { from: 9_007_199_254_740_990 } }],
    'p07',
  ),
  filtered('a range knows the first of all days', [{ field: 'born', range: { from: '0001-01-01' } }], 'p01 p02 p04'),
  filtered('a range knows the last of all days', [{ field: 'born', range: { from: '9999-12-31' } }], ''),
  filtered(
    'a range of instants takes any zone',
    [{ field: 'seenAt', range: { from: '2026-01-01T11:00:00+01:00', to: '2026-01-01T06:00:00-05:00' } }],
    'p01 p03',
  ),
  filtered('an instant is found in any zone', [{ field: 'seenAt', anyOf: ['2026-01-01T11:00:00+01:00'] }], 'p01'),
  filtered('anyOf of fractions, negative and nought', [{ field: 'score', anyOf: [-2, 0, 0.5] }], 'p02 p04'),

  filtered('both ends of a range are met by one value', [{ field: 'marks', range: { from: 50, to: 60 } }], 'p06'),
  filtered('a range open above looks at every value', [{ field: 'marks', range: { from: 60 } }], 'p05 p08'),
  filtered('a range open below looks at every value', [{ field: 'marks', range: { to: 40 } }], 'p05 p08'),
  filtered('anyOf looks at every number', [{ field: 'marks', anyOf: [70, 90] }], 'p05 p08'),
  filtered(
    'noneOf looks at every number',
    [
      { field: 'marks', noneOf: [70] },
      { field: 'marks', exists: true },
    ],
    'p06 p08',
  ),
  filtered(
    'both ends of a range of dates are met by one',
    [{ field: 'leave', range: { from: '2026-01-20', to: '2026-02-15' } }],
    'p08',
  ),
  filtered('anyOf looks at every boolean', [{ field: 'flags', anyOf: [false] }], 'p05 p08'),
  filtered('values of several objects are one field', [{ field: 'address.city', anyOf: ['Hull'] }], 'p08'),
  filtered('a field within an object may be missing', [{ field: 'address.city', exists: true }], 'p01 p02 p08'),

  filtered(
    'objects within an element are one field',
    [posts({ field: 'site.town', anyOf: ['Hull'] }, { field: 'site.beds', range: { from: 7 } })],
    'p05',
  ),
  filtered(
    'elements within an element are matched one at a time',
    [
      posts(
        { field: 'title', anyOf: ['Registrar'] },
        {
          nested: 'rotations',
          filters: [
            { field: 'grade', anyOf: ['ST2'] },
            { field: 'from', range: { to: '2026-03-01' } },
          ],
        },
      ),
    ],
    'p06',
  ),
  filtered('an element may lack a field', [posts({ field: 'title', exists: false })], 'p08'),
  filtered(
    'noneOf within an element keeps what lacks it',
    [posts({ field: 'title', noneOf: ['Registrar'] })],
    'p05 p08',
  ),
  filtered('a prefix within an element', [posts({ field: 'title', prefix: 'Reg' })], 'p05 p06'),
  filtered('a range open at both ends within an element', [posts({ field: 'site.beds', range: {} })], 'p05'),
  filtered(
    'or within an element',
    [
      posts({
        or: [
          { field: 'title', anyOf: ['Locum'] },
          { field: 'site.town', exists: false },
        ],
      }),
    ],
    'p05 p06 p08',
  ),
  filtered(
    'and within or within an element',
    [
      posts({
        or: [
          {
            and: [
              { field: 'title', anyOf: ['Locum'] },
              { field: 'site.town', anyOf: ['York'] },
            ],
          },
          { or: [] },
        ],
      }),
    ],
    '',
  ),
  filtered('or of nothing within an element', [posts({ or: [] })], ''),
  filtered('and of nothing within an element', [posts({ and: [] })], 'p05 p06 p08'),
  filtered('anyOf of nothing within an element', [posts({ field: 'title', anyOf: [] })], ''),
  filtered('noneOf of nothing within an element', [posts({ field: 'title', noneOf: [] })], 'p05 p06 p08'),
  filtered(
    'quotes within an element are texts',
    [posts({ field: 'title', anyOf: ['Registrar" || true', '$v0', '\0'] })],
    '',
  ),
  filtered(
    'a nested filter beside a plain one in or',
    [{ or: [posts({ field: 'title', anyOf: ['Locum'] }), { field: 'active', anyOf: [true] }] }],
    'p01 p03 p05',
  ),

  filtered('matches keeps the order of words', [{ field: 'programmeName', matches: 'practice general' }], 'p04'),
  filtered('matches goes across no two values', [{ field: 'programmeName', matches: 'acute general practice' }], ''),
  filtered('matches looks at every value', [{ field: 'programmeName', matches: 'NURSING' }], 'p12'),
  filtered('matches counts a word that is repeated', [{ field: 'programmeName', matches: 'general general' }], ''),
  filtered(
    'matches takes operators as blanks',
    [{ field: 'programmeName', matches: "general' <-> practice:*" }],
    'p01 p03',
  ),

  {
    promise: 'sorts several numbers by the smallest, ascending',
    query: { sort: [{ field: 'marks', direction: 'asc' }], filters: [{ field: 'marks', exists: true }] },
    ids: 'p08 p05 p06',
  },
  {
    promise: 'sorts several numbers by the smallest, descending',
    query: { sort: [{ field: 'marks', direction: 'desc' }], filters: [{ field: 'marks', exists: true }] },
    ids: 'p06 p05 p08',
  },
  {
    promise: 'sorts several booleans by the smallest',
    query: { sort: [{ field: 'flags', direction: 'desc' }], pageSize: 3 },
    ids: 'p06 p05 p08',
    total: 12,
  },
  {
    promise: 'sorts several dates by the first of them',
    query: { sort: [{ field: 'leave', direction: 'desc' }], pageSize: 2 },
    ids: 'p08 p05',
    total: 12,
  },
  {
    promise: 'sorts several texts by the smallest',
    query: {
      sort: [{ field: 'programmeName', direction: 'asc' }],
      filters: [{ field: 'programmeName', exists: true }],
    },
    ids: 'p12 p03 p01 p02 p04',
  },
  {
    promise: 'sorts first names folded, ties by id',
    query: { sort: [{ field: 'firstName', direction: 'asc' }] },
    ids: 'p09 p08 p12 p03 p04 p05 p02 p10 p11 p01 p07 p06',
  },
  {
    promise: 'ties stay in the order of ids when the sort descends',
    query: { sort: [{ field: 'active', direction: 'desc' }] },
    ids: 'p01 p03 p02 p06 p04 p05 p07 p08 p09 p10 p11 p12',
  },
  {
    promise: 'sorts by four fields, each in its direction',
    query: {
      sort: [
        { field: 'active', direction: 'asc' },
        { field: 'bodies', direction: 'desc' },
        { field: 'score', direction: 'asc' },
        { field: 'gmc', direction: 'desc' },
      ],
    },
    ids: 'p02 p06 p01 p03 p12 p04 p11 p10 p09 p08 p07 p05',
  },
  {
    promise: 'text, filter, sort and page hold together',
    query: {
      text: 'smith',
      filters: [{ field: 'personId', exists: true }],
      sort: [{ field: 'personId', direction: 'desc' }],
      page: 2,
      pageSize: 2,
    },
    ids: 'p03 p08',
    total: 4,
  },

  {
    promise: 'facets count each of several values once a document',
    query: { facets: ['flags', 'marks', 'leave'], filters: [{ field: 'marks', exists: true }] },
    ids: 'p05 p06 p08',
    facets: {
      flags: [
        { value: false, count: 2 },
        { value: true, count: 2 },
      ],
      marks: [10, 40, 55, 70, 90].map((value) => ({ value, count: 1 })),
      leave: ['2026-01-15', '2026-02-01', '2026-03-01'].map((value) => ({ value, count: 1 })),
    },
  },
  {
    promise: 'facets of texts are ordered by code point where counts are equal',
    query: { facets: ['lastName'], filters: [{ field: 'lastName', exists: true }], pageSize: 1 },
    ids: 'p01',
    total: 11,
    facets: {
      lastName: [
        '"quoted" {brace}',
        'Müller',
        "O'Brien",
        'O’Brien',
        'Smith',
        'Smith-Jones',
        'Straße',
        'de la Cruz',
        'smith',
        '﨎',
        '𠮷',
      ].map((value) => ({ value, count: 1 })),
    },
  },
  {
    promise: 'facets count values within objects',
    query: { facets: ['address.city'], filters: [{ field: 'address.city', exists: true }] },
    ids: 'p01 p02 p08',
    facets: { 'address.city': ['Hull', 'Leeds', 'York', 'leeds'].map((value) => ({ value, count: 1 })) },
  },
  {
    promise: 'facets count all that was found, whatever the page',
    query: { text: 'smith', facets: ['active'], page: 2, pageSize: 3 },
    ids: 'p08',
    total: 4,
    facets: { active: [{ value: true, count: 1 }] },
  },

  refused('201 conditions', { filters: Array(201).fill({ field: 'active', exists: true }) }, 'QUERY_TOO_LARGE'),
  refused('10,001 values', { filters: [{ field: 'bodies', anyOf: Array(10_001).fill('x') }] }, 'QUERY_TOO_LARGE'),
  refused('five sorts', { sort: Array(5).fill({ field: 'gmc', direction: 'asc' }) }, 'QUERY_TOO_LARGE'),
  refused('21 facets', { facets: Array(21).fill('active') }, 'QUERY_TOO_LARGE'),
  refused('a facet of instants', { facets: ['seenAt'] }, 'FIELD_UNSUITABLE'),
  refused('a facet within an element', { facets: ['posts.title'] }, 'FIELD_UNKNOWN'),
  refused('a prefix of numbers', { filters: [{ field: 'personId', prefix: '1' }] }, 'FIELD_UNSUITABLE'),
  refused('a range of booleans', { filters: [{ field: 'active', range: { from: 0 } }] }, 'FIELD_UNSUITABLE'),
  refused('matches within an element', { filters: [posts({ field: 'title', matches: 'x' })] }, 'FIELD_UNSUITABLE'),
  refused(
    'words of 257 characters',
    { filters: [{ field: 'programmeName', matches: 'a'.repeat(257) }] },
    'TEXT_TOO_LONG',
  ),
  refused('half a page', { pageSize: 1.5 }, 'PAGE_INVALID'),
  refused('an unknown nested field', { filters: [{ nested: 'jobs', filters: [] }] }, 'FIELD_UNKNOWN'),
];
