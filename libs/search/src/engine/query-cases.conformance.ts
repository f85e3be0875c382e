import type { SearchQueryErrorCode } from '../query/query-errors.js';
import type { FacetCount, SearchQuery } from '../query/search-query.js';
import { defineIndexSchema } from '../schema/index-schema.js';
import type { IndexDocument } from '../schema/index-source.js';

/** The index that every engine answers the cases from. */
export const PEOPLE = defineIndexSchema({
  name: 'people',
  version: 1,
  fields: {
    gmc: { type: 'keyword', search: true, sort: true },
    firstName: { type: 'keyword', search: true, sort: true },
    lastName: { type: 'keyword', search: true, sort: true },
    programmeName: { type: 'keyword', match: true, sort: true },
    bodies: { type: 'keyword', sort: true },
    personId: { type: 'long', sort: true },
    score: { type: 'double', sort: true },
    born: { type: 'date', sort: true },
    seenAt: { type: 'instant', sort: true },
    active: { type: 'boolean', sort: true },
    address: { type: 'object', fields: { city: { type: 'keyword' } } },
    programmes: {
      type: 'nested',
      fields: { name: { type: 'keyword' }, from: { type: 'date' }, to: { type: 'date' } },
    },
    marks: { type: 'long', sort: true },
    leave: { type: 'date', sort: true },
    flags: { type: 'boolean', sort: true },
    posts: {
      type: 'nested',
      fields: {
        title: { type: 'keyword' },
        site: { type: 'object', fields: { town: { type: 'keyword' }, beds: { type: 'long' } } },
        rotations: { type: 'nested', fields: { grade: { type: 'keyword' }, from: { type: 'date' } } },
      },
    },
    notes: { type: 'stored' },
    letter: { type: 'stored', match: true },
  },
});

/** Longer than a keyword may be. */
const LONG_LETTER = `Dear all, ${Array.from({ length: 5_000 }, (_, at) => `line${at} `).join('')}Yours, Siân O'Brien`;

/** Its documents. The last is a tombstone, which no query shows. */
export const PEOPLE_DOCUMENTS: readonly IndexDocument[] = [
  {
    id: 'p01',
    version: 1,
    document: {
      gmc: '7000001',
      firstName: 'Siân',
      lastName: "O'Brien",
      programmeName: 'General Practice',
      bodies: ['1-AIIDR8'],
      personId: 11,
      score: 1.5,
      born: '1980-01-31',
      seenAt: '2026-01-01T10:00:00Z',
      active: true,
      address: { city: 'Leeds' },
      programmes: [
        { name: 'GP', from: '2025-01-01', to: '2025-12-31' },
        { name: 'Surgery', from: '2026-01-01', to: '2026-12-31' },
      ],
      notes: [{ text: 'any "JSON" at all', at: 1 }, null, 'x'],
      letter: LONG_LETTER,
    },
  },
  {
    id: 'p02',
    version: 2,
    document: {
      gmc: '7000002',
      firstName: 'Mary Ann',
      lastName: 'O’Brien',
      programmeName: 'General Surgery',
      bodies: ['1-AIIDR8', '1-25U-830'],
      personId: 2,
      score: -2,
      born: '1990-05-05',
      seenAt: '2026-01-01T09:59:59.999+00:00',
      active: false,
      address: { city: 'leeds' },
      programmes: [{ name: 'GP', from: '2026-01-01', to: '2026-12-31' }],
    },
  },
  {
    id: 'p03',
    version: 3,
    document: {
      gmc: '7000003',
      firstName: 'John',
      lastName: 'Smith-Jones',
      programmeName: 'Clinical Radiology | General Practice',
      bodies: ['1-25U-830'],
      personId: 3,
      seenAt: '2026-01-01T12:00:00+01:00',
      active: true,
      programmes: [],
    },
  },
  {
    id: 'p04',
    version: 4,
    document: {
      gmc: '7000004',
      firstName: 'Jöhn',
      lastName: 'Smith',
      programmeName: 'Practice, General',
      bodies: [],
      personId: 100,
      score: 0,
      born: '1980-02-01',
    },
  },
  {
    id: 'p05',
    version: 5,
    document: {
      gmc: '7100005',
      firstName: 'Łukasz',
      lastName: 'Müller',
      bodies: null,
      born: null,
      active: null,
      marks: [70, 40],
      leave: ['2026-03-01', '2026-01-15'],
      flags: [true, false, true],
      posts: [
        {
          title: 'Registrar',
          site: { town: 'York', beds: 10 },
          rotations: [
            { grade: 'ST1', from: '2026-01-01' },
            { grade: 'ST2', from: '2026-07-01' },
          ],
        },
        {
          title: 'Locum',
          site: [
            { town: 'Hull', beds: 3 },
            { town: 'Leeds', beds: 7 },
          ],
        },
      ],
    },
  },
  {
    id: 'p06',
    version: 6,
    document: {
      gmc: '7100006',
      firstName: 'Zoë',
      lastName: 'Straße',
      active: false,
      marks: 55,
      flags: [true],
      posts: [{ title: 'Registrar', rotations: { grade: 'ST2', from: '2026-01-01' } }],
    },
  },
  { id: 'p07', version: 7, document: { gmc: '7100007', firstName: 'Smithy', personId: 9_007_199_254_740_990 } },
  {
    id: 'p08',
    version: 8,
    document: {
      gmc: '7100008',
      firstName: 'ANNA',
      lastName: 'smith',
      personId: -5,
      address: [{ city: 'York' }, { city: 'Hull' }],
      marks: [10, 90],
      leave: '2026-02-01',
      flags: false,
      posts: { title: null },
    },
  },
  { id: 'p09', version: 9, document: { gmc: '7100009', firstName: '*', lastName: '"quoted" {brace}', marks: [] } },
  { id: 'p10', version: 10, document: { gmc: '7100010', firstName: 'Rare', lastName: '𠮷' } },
  { id: 'p11', version: 11, document: { gmc: '7100011', firstName: 'Rare', lastName: '﨎' } },
  {
    id: 'p12',
    version: 12,
    document: {
      gmc: '7100012',
      firstName: ['Bartholomew-Maximilian', 'Bart'],
      lastName: 'de la Cruz',
      programmeName: ['Acute General', 'Practice Nursing'],
      bodies: ['1-25U-831', '0-AAA'],
    },
  },
  { id: 'p13', version: 13, document: null },
];

/** Ids of every document that lives. */
export const ALL = 'p01 p02 p03 p04 p05 p06 p07 p08 p09 p10 p11 p12';

/** What a query must answer. `ids` are separated by blanks, in order. */
export interface QueryCase {
  readonly promise: string;
  readonly query: SearchQuery;
  readonly ids?: string;
  /** @default the number of ids */
  readonly total?: number;
  readonly facets?: Readonly<Record<string, readonly FacetCount[]>>;
  readonly error?: SearchQueryErrorCode;
}

/** What a search text alone must find. */
export const text = (value: string, ids: string): QueryCase => ({
  promise: `text ${JSON.stringify(value.length > 40 ? `${value.slice(0, 37)}...` : value)}`,
  query: { text: value },
  ids,
});
/** A query that must be refused. */
export const refused = (promise: string, query: SearchQuery, error: SearchQueryErrorCode): QueryCase => ({
  promise: `refuses ${promise}`,
  query,
  error,
});

/** The same for every engine: a case that one of them cannot meet is not a case. */
export const QUERY_CASES: readonly QueryCase[] = [
  { promise: 'no condition shows every document but tombstones, by id', query: {}, ids: ALL },
  text('', ALL),
  text("O'Brien", 'p01 p02'),
  text('OBrien', 'p01 p02'),
  text('o’brien', 'p01 p02'),
  text('O`BRIEN', 'p01 p02'),
  text("o'br", 'p01 p02'),
  text('sian', 'p01'),
  text('SIÂN', 'p01'),
  text('Sia\u0302n', 'p01'),
  text('zoe', 'p06'),
  text('strasse', 'p06'),
  text('STRAß', 'p06'),
  text('lukasz muller', 'p05'),
  text('Müller, Łukasz', 'p05'),
  text('smith', 'p03 p04 p07 p08'),
  text('smith john', 'p03 p04'),
  text('john   SMITH', 'p03 p04'),
  text('smith-jones', 'p03'),
  text('jones smith', 'p03'),
  text('anna smith', 'p08'),
  text('anna jones', ''),
  text('mary brien', ''),
  text('mith', ''),
  text('7000', 'p01 p02 p03 p04'),
  text('7000003', 'p03'),
  text('7000003 smith', 'p03'),
  text('7000003 7000004', ''),
  text('bartholomew-maxi', 'p12'),
  text('maximilian', 'p12'),
  text('maximilianx', ''),
  text('bart cruz', 'p12'),
  text('de la', 'p12'),
  text('𠮷', 'p10'),
  text('practice', ''),
  text('*', ALL),
  text('sm*th', ''),
  text('smith*', 'p03 p04 p07 p08'),
  text('"', ALL),
  text('"quoted"', 'p09'),
  text('{brace}', 'p09'),
  text('quoted {', 'p09'),
  text('"}],"match_all":{}', ''),
  text('lastName:smith', ''),
  text('smith OR anna', ''),
  text('smith AND NOT john', ''),
  text("'; drop table people; --", ''),
  text('\\', ALL),
  text('a b c d e f g h i j k l m n o p q r s t u v w x y z', ''),
  text('s '.repeat(128), 'p01 p03 p04 p06 p07 p08'),
  text('é'.repeat(256), ''),
  text(`${' '.repeat(250)}smith`, 'p03 p04 p07 p08'),
  refused('300 characters', { text: 'a'.repeat(300) }, 'TEXT_TOO_LONG'),
  refused('257 characters', { text: ' '.repeat(257) }, 'TEXT_TOO_LONG'),

  {
    promise: 'anyOf compares whole values',
    query: { filters: [{ field: 'bodies', anyOf: ['1-25U-830'] }] },
    ids: 'p02 p03',
  },
  {
    promise: 'anyOf takes several values, also of arrays',
    query: { filters: [{ field: 'bodies', anyOf: ['1-AIIDR8', '0-AAA', 'none'] }] },
    ids: 'p01 p02 p12',
  },
  { promise: 'anyOf respects case', query: { filters: [{ field: 'lastName', anyOf: ['smith'] }] }, ids: 'p08' },
  {
    promise: 'anyOf takes quotes and braces as they are',
    query: { filters: [{ field: 'lastName', anyOf: ['"quoted" {brace}'] }] },
    ids: 'p09',
  },
  { promise: 'anyOf of nothing finds nothing', query: { filters: [{ field: 'bodies', anyOf: [] }] }, ids: '' },
  { promise: 'anyOf of numbers', query: { filters: [{ field: 'personId', anyOf: [3, -5] }] }, ids: 'p03 p08' },
  { promise: 'anyOf of dates', query: { filters: [{ field: 'born', anyOf: ['1980-01-31'] }] }, ids: 'p01' },
  { promise: 'anyOf of a boolean', query: { filters: [{ field: 'active', anyOf: [false] }] }, ids: 'p02 p06' },
  {
    promise: 'noneOf keeps documents without the field',
    query: { filters: [{ field: 'active', noneOf: [true] }] },
    ids: 'p02 p04 p05 p06 p07 p08 p09 p10 p11 p12',
  },
  {
    promise: 'noneOf drops a document when one of its values is named',
    query: {
      filters: [
        { field: 'bodies', noneOf: ['1-25U-830'] },
        { field: 'bodies', exists: true },
      ],
    },
    ids: 'p01 p12',
  },
  { promise: 'noneOf of nothing keeps all', query: { filters: [{ field: 'active', noneOf: [] }] }, ids: ALL },
  {
    promise: 'a range includes both ends',
    query: { filters: [{ field: 'born', range: { from: '1980-01-31', to: '1980-02-01' } }] },
    ids: 'p01 p04',
  },
  {
    promise: 'a range may be open below',
    query: { filters: [{ field: 'born', range: { to: '1980-01-31' } }] },
    ids: 'p01',
  },
  {
    promise: 'a range may be open above',
    query: { filters: [{ field: 'born', range: { from: '1980-02-01' } }] },
    ids: 'p02 p04',
  },
  {
    promise: 'a range open at both ends keeps what has a value',
    query: { filters: [{ field: 'born', range: {} }] },
    ids: 'p01 p02 p04',
  },
  {
    promise: 'a range of numbers',
    query: { filters: [{ field: 'personId', range: { from: -5, to: 3 } }] },
    ids: 'p02 p03 p08',
  },
  {
    promise: 'a range of fractions',
    query: { filters: [{ field: 'score', range: { from: -0.5, to: 1.5 } }] },
    ids: 'p01 p04',
  },
  {
    promise: 'a range of instants compares moments, not texts',
    query: {
      filters: [{ field: 'seenAt', range: { from: '2026-01-01T10:00:00Z', to: '2026-01-01T11:00:00+00:00' } }],
    },
    ids: 'p01 p03',
  },
  {
    promise: 'a range of instants ends to the millisecond',
    query: { filters: [{ field: 'seenAt', range: { to: '2026-01-01T09:59:59.999Z' } }] },
    ids: 'p02',
  },
  { promise: 'exists', query: { filters: [{ field: 'score', exists: true }] }, ids: 'p01 p02 p04' },
  {
    promise: 'missing counts null and an empty array as no value',
    query: { filters: [{ field: 'bodies', exists: false }] },
    ids: 'p04 p05 p06 p07 p08 p09 p10 p11',
  },
  {
    promise: 'prefix compares whole values exactly',
    query: { filters: [{ field: 'bodies', prefix: '1-25U-83' }] },
    ids: 'p02 p03 p12',
  },
  { promise: 'prefix respects case', query: { filters: [{ field: 'lastName', prefix: 'S' }] }, ids: 'p03 p04 p06' },
  { promise: 'prefix takes * as it is', query: { filters: [{ field: 'firstName', prefix: '*' }] }, ids: 'p09' },
  {
    promise: 'matches wants the words in sequence in one value',
    query: { filters: [{ field: 'programmeName', matches: 'general practice' }] },
    ids: 'p01 p03',
  },
  {
    promise: 'matches wants whole words',
    query: { filters: [{ field: 'programmeName', matches: 'general prac' }] },
    ids: '',
  },
  {
    promise: 'matches folds case, accents and punctuation',
    query: { filters: [{ field: 'programmeName', matches: ' Radiólogy/GENERAL ' }] },
    ids: 'p03',
  },
  {
    promise: 'matches finds one word anywhere',
    query: { filters: [{ field: 'programmeName', matches: 'practice' }] },
    ids: 'p01 p03 p04 p12',
  },
  {
    promise: 'matches with a last word that is only begun',
    query: { filters: [{ field: 'programmeName', matches: 'General-Prac', lastIsPrefix: true }] },
    ids: 'p01 p03',
  },
  {
    promise: 'matches one word that is only begun',
    query: { filters: [{ field: 'programmeName', matches: 'radio', lastIsPrefix: true }] },
    ids: 'p03',
  },
  {
    promise: 'matches takes no other word for one that is only begun',
    query: { filters: [{ field: 'programmeName', matches: 'genera practice', lastIsPrefix: true }] },
    ids: '',
  },
  {
    promise: 'matches looks through a stored text of any length',
    query: { filters: [{ field: 'letter', matches: 'line4999 yours sian obrien' }] },
    ids: 'p01',
  },
  {
    promise: 'not keeps what its filter drops, documents without the field included',
    query: { filters: [{ not: { field: 'programmeName', matches: 'practice' } }, { field: 'gmc', prefix: '700' }] },
    ids: 'p02',
  },
  {
    promise: 'not of several that hold together keeps what fails one of them',
    query: {
      filters: [
        {
          not: {
            and: [
              { field: 'programmeName', matches: 'practice' },
              { field: 'personId', range: { to: 11 } },
            ],
          },
        },
        { field: 'gmc', prefix: '700' },
      ],
    },
    ids: 'p02 p04',
  },
  { promise: 'not of everything keeps nothing', query: { filters: [{ not: { and: [] } }] }, ids: '' },
  { promise: 'not of not is what it was', query: { filters: [{ not: { not: { or: [] } } }] }, ids: '' },
  {
    promise: 'not within an element is asked of that element',
    query: {
      filters: [
        {
          nested: 'programmes',
          filters: [{ field: 'name', anyOf: ['GP'] }, { not: { field: 'from', range: { from: '2026-01-01' } } }],
        },
      ],
    },
    ids: 'p01',
  },
  {
    promise: 'matches without a word keeps all',
    query: { filters: [{ field: 'programmeName', matches: '*' }] },
    ids: ALL,
  },
  {
    promise: 'fields inside an object are compared exactly',
    query: { filters: [{ field: 'address.city', anyOf: ['Leeds'] }] },
    ids: 'p01',
  },
  {
    promise: 'nested wants one element to meet everything',
    query: {
      filters: [
        {
          nested: 'programmes',
          filters: [
            { field: 'name', anyOf: ['GP'] },
            { field: 'to', range: { from: '2026-06-01' } },
          ],
        },
      ],
    },
    ids: 'p02',
  },
  {
    promise: 'two nested filters may be met by two elements',
    query: {
      filters: [
        { nested: 'programmes', filters: [{ field: 'name', anyOf: ['GP'] }] },
        { nested: 'programmes', filters: [{ field: 'to', range: { from: '2026-06-01' } }] },
      ],
    },
    ids: 'p01 p02',
  },
  {
    promise: 'nested without a condition asks for any element',
    query: { filters: [{ nested: 'programmes', filters: [] }] },
    ids: 'p01 p02',
  },
  {
    promise: 'or',
    query: {
      filters: [
        {
          or: [
            { field: 'active', anyOf: [true] },
            { field: 'personId', range: { from: 100 } },
          ],
        },
      ],
    },
    ids: 'p01 p03 p04 p07',
  },
  { promise: 'or of nothing finds nothing', query: { filters: [{ or: [] }] }, ids: '' },
  {
    promise: 'and within or',
    query: {
      filters: [
        {
          or: [
            {
              and: [
                { field: 'active', anyOf: [true] },
                { field: 'score', exists: false },
              ],
            },
            { and: [] },
          ],
        },
        { field: 'active', exists: true },
      ],
    },
    ids: 'p01 p02 p03 p06',
  },
  {
    promise: 'text and filters hold together',
    query: { text: 'obrien', filters: [{ field: 'active', anyOf: [true] }] },
    ids: 'p01',
  },

  {
    promise: 'sorts folded, by code point, missing last, then by id',
    query: { sort: [{ field: 'lastName', direction: 'asc' }] },
    ids: 'p09 p12 p05 p01 p02 p04 p08 p03 p06 p11 p10 p07',
  },
  {
    promise: 'sorts descending with missing last still, ids ascending',
    query: { sort: [{ field: 'lastName', direction: 'desc' }] },
    ids: 'p10 p11 p06 p03 p04 p08 p01 p02 p05 p12 p09 p07',
  },
  {
    promise: 'sorts by several fields',
    query: {
      sort: [
        { field: 'active', direction: 'desc' },
        { field: 'personId', direction: 'asc' },
      ],
    },
    ids: 'p03 p01 p02 p06 p08 p04 p07 p05 p09 p10 p11 p12',
  },
  {
    promise: 'sorts numbers as numbers',
    query: { sort: [{ field: 'personId', direction: 'desc' }], filters: [{ field: 'personId', exists: true }] },
    ids: 'p07 p04 p01 p03 p02 p08',
  },
  {
    promise: 'sorts dates with missing last in both directions',
    query: { sort: [{ field: 'born', direction: 'desc' }], pageSize: 4 },
    ids: 'p02 p04 p01 p03',
    total: 12,
  },
  {
    promise: 'sorts instants by moment',
    query: { sort: [{ field: 'seenAt', direction: 'asc' }], pageSize: 3 },
    ids: 'p02 p01 p03',
    total: 12,
  },
  {
    promise: 'sorts an array by its smallest value in both directions',
    query: { sort: [{ field: 'bodies', direction: 'desc' }], pageSize: 4 },
    ids: 'p01 p02 p03 p12',
    total: 12,
  },
  {
    promise: 'pages are numbered from 1',
    query: { page: 2, pageSize: 5 },
    ids: 'p06 p07 p08 p09 p10',
    total: 12,
  },
  { promise: 'a page beyond the end is empty', query: { page: 3, pageSize: 10 }, ids: '', total: 12 },
  { promise: 'the deepest page is answered', query: { page: 10, pageSize: 1_000 }, ids: '', total: 12 },

  {
    promise: 'facets count every value of what was found, most frequent first, then by value',
    query: { facets: ['bodies'], pageSize: 1 },
    ids: 'p01',
    total: 12,
    facets: {
      bodies: [
        { value: '1-25U-830', count: 2 },
        { value: '1-AIIDR8', count: 2 },
        { value: '0-AAA', count: 1 },
        { value: '1-25U-831', count: 1 },
      ],
    },
  },
  {
    promise: 'facets of booleans, numbers and dates keep their type and follow the filters',
    query: {
      facets: ['active', 'personId', 'born'],
      filters: [{ field: 'score', exists: true }],
      sort: [{ field: 'score', direction: 'asc' }],
    },
    ids: 'p02 p04 p01',
    facets: {
      active: [
        { value: false, count: 1 },
        { value: true, count: 1 },
      ],
      personId: [
        { value: 2, count: 1 },
        { value: 11, count: 1 },
        { value: 100, count: 1 },
      ],
      born: [
        { value: '1980-01-31', count: 1 },
        { value: '1980-02-01', count: 1 },
        { value: '1990-05-05', count: 1 },
      ],
    },
  },
  {
    promise: 'facets of nothing found are empty',
    query: { text: 'nobody', facets: ['bodies'] },
    ids: '',
    facets: { bodies: [] },
  },

  refused('an unknown field in a filter', { filters: [{ field: 'surname', exists: true }] }, 'FIELD_UNKNOWN'),
  refused('an inherited name as a field', { filters: [{ field: 'constructor', exists: true }] }, 'FIELD_UNKNOWN'),
  refused('the technical fields', { filters: [{ field: 'lockstep.deleted', anyOf: [true] }] }, 'FIELD_UNKNOWN'),
  refused('a pattern as a field', { filters: [{ field: 'last*', exists: true }] }, 'FIELD_UNKNOWN'),
  refused('an unknown sort', { sort: [{ field: '_score', direction: 'asc' }] }, 'FIELD_UNKNOWN'),
  refused('a sort by a field without one', { sort: [{ field: 'address.city', direction: 'asc' }] }, 'FIELD_UNSUITABLE'),
  refused('a stored text compared exactly', { filters: [{ field: 'letter', anyOf: ['x'] }] }, 'FIELD_UNSUITABLE'),
  refused('words of what is only stored', { filters: [{ field: 'notes', matches: 'json' }] }, 'FIELD_UNSUITABLE'),
  refused('a stored field in a filter', { filters: [{ field: 'notes', exists: true }] }, 'FIELD_UNSUITABLE'),
  refused('a nested field outside nested', { filters: [{ field: 'programmes.name', anyOf: ['GP'] }] }, 'FIELD_UNKNOWN'),
  refused('nested on a plain field', { filters: [{ nested: 'address', filters: [] }] }, 'FIELD_UNKNOWN'),
  refused('matches on a field without it', { filters: [{ field: 'lastName', matches: 'x' }] }, 'FIELD_UNSUITABLE'),
  refused('a range of keywords', { filters: [{ field: 'lastName', range: { from: 'a' } }] }, 'FIELD_UNSUITABLE'),
  refused('an unknown facet', { facets: ['lockstep.id'] }, 'FIELD_UNKNOWN'),
  refused('a facet of fractions', { facets: ['score'] }, 'FIELD_UNSUITABLE'),
  refused('a day that is none', { filters: [{ field: 'born', range: { from: '2026-02-30' } }] }, 'VALUE_INVALID'),
  refused('date mathematics', { filters: [{ field: 'born', range: { from: 'now-1d/d' } }] }, 'VALUE_INVALID'),
  refused(
    'an instant without a zone',
    { filters: [{ field: 'seenAt', anyOf: ['2026-01-01T10:00:00'] }] },
    'VALUE_INVALID',
  ),
  refused('a text for a number', { filters: [{ field: 'personId', anyOf: ['3'] }] }, 'VALUE_INVALID'),
  refused('a fraction for a whole number', { filters: [{ field: 'personId', anyOf: [1.5] }] }, 'VALUE_INVALID'),
  refused('a text for a boolean', { filters: [{ field: 'active', anyOf: ['true'] }] }, 'VALUE_INVALID'),
  refused('page 0', { page: 0 }, 'PAGE_INVALID'),
  refused('a page of nothing', { pageSize: 0 }, 'PAGE_INVALID'),
  refused('a page too large', { pageSize: 1_001 }, 'PAGE_INVALID'),
  refused('a page beyond row 10,000', { page: 501, pageSize: 20 }, 'PAGE_TOO_DEEP'),
  refused('a page and a cursor', { page: 1, cursor: 'x' }, 'CURSOR_INVALID'),
  refused('a cursor that is none', { cursor: 'no cursor!' }, 'CURSOR_INVALID'),
  refused('a forged cursor', { cursor: Buffer.from('["",{"a":1}]').toString('base64url') }, 'CURSOR_INVALID'),
];
