import type { Filter } from '@lockstep/search';
import { describe, expect, it } from 'vitest';
import { toLogFilter } from './log-filter.js';
import { LogQueryError, parseLogQuery } from './log-query.js';

const filterOf = (query: string): Filter => toLogFilter(parseLogQuery(query));
const words = (matches: string, field = 'message', lastIsPrefix = false): Filter => ({ field, matches, lastIsPrefix });
const name = (field: string, value: string): Filter => ({ field, anyOf: [value] });
const SHOP = [name('venture', 'jumia'), name('source', 'ke/live')];

const RECIPES: readonly (readonly [string, Filter])[] = [
  ['venture:"jumia" AND source:"ke/live"', { and: SHOP }],
  ['venture:"jumia" AND source:"ke/live" AND message:"LAMP-OAK-40"', { and: [...SHOP, words('LAMP-OAK-40')] }],
  [
    'venture:"jumia" AND source:"ke/live" AND message:"LAMP-OAK-40" AND message:"Product.createProducts"',
    { and: [...SHOP, words('LAMP-OAK-40'), words('Product.createProducts')] },
  ],
  [
    'venture:"jumia" AND source:"ke/live" AND message:"88213" (AND message:"RawResponse")',
    { and: [...SHOP, words('88213'), words('RawResponse')] },
  ],
  [
    'venture:"jumia" AND source:"ke/live" AND message:"45123" AND message:"order_call"',
    { and: [...SHOP, words('45123'), words('order_call')] },
  ],
  ['venture:“jumia” AND source:”ke/live“ AND message:“88213”', { and: [...SHOP, words('88213')] }],
];

const GRAMMAR: readonly (readonly [string, Filter])[] = [
  ['', { and: [] }],
  ['   ', { and: [] }],
  ['lamp', words('lamp')],
  ['lamp oak', { and: [words('lamp'), words('oak')] }],
  ['"lamp oak"', words('lamp oak')],
  ['"a \\"quoted\\" word"', words('a "quoted" word')],
  ['LAMP-OAK*', words('LAMP-OAK', 'message', true)],
  ['message:"Product.create*"', words('Product.create', 'message', true)],
  ['lamp-*', words('lamp-')],
  ['a OR b c', { or: [words('a'), { and: [words('b'), words('c')] }] }],
  ['(a or b) and c', { and: [{ or: [words('a'), words('b')] }, words('c')] }],
  ['a (OR b)', { or: [words('a'), words('b')] }],
  ['not a', { not: words('a') }],
  ['a AND NOT (b OR c)', { and: [words('a'), { not: { or: [words('b'), words('c')] } }] }],
  ['NOT NOT a', { not: { not: words('a') } }],
  ['"and"', words('and')],
  ['message:and', words('and')],
  ['VENTURE : Jumia', { field: 'venture', anyOf: ['jumia', 'Jumia'] }],
  ['source:ke/*', { field: 'source', prefix: 'ke/' }],
  ['direction:rawresponse', name('direction', 'RawResponse')],
  ['direction:call*', { field: 'direction', anyOf: ['Callback', 'CallbackReply'] }],
  ['direction:none', name('direction', 'none')],
  [
    'method:(product.updatestock OR order_call)',
    { or: [name('method', 'Product.updateStock'), name('method', 'order_call')] },
  ],
  ['request_id:88213', name('requestId', '88213')],
  ['itemId:88*', { field: 'itemId', prefix: '88' }],
  ['seller_sku:"lamp-oak-40"', words('lamp-oak-40', 'sellerSku')],
  ['errorReason:*', { field: 'errorReason', exists: true }],
  ['NOT errorReason:*', { not: { field: 'errorReason', exists: true } }],
  ['httpStatus:500', { field: 'httpStatus', range: { from: 500, to: 500 } }],
  [
    'httpStatus >= 400 AND httpStatus<500',
    {
      and: [
        { field: 'httpStatus', range: { from: 400 } },
        { field: 'httpStatus', range: { to: 499 } },
      ],
    },
  ],
  ['httpStatus:>499', { field: 'httpStatus', range: { from: 500 } }],
  ['http_status:[400 TO 499]', { field: 'httpStatus', range: { from: 400, to: 499 } }],
  ['durationMs:{100 to *]', { field: 'durationMs', range: { from: 101 } }],
  ['at >= 2031-03-04', { field: 'at', range: { from: '2031-03-04T00:00:00.000Z' } }],
  ['at > 2031-03-04', { field: 'at', range: { from: '2031-03-05T00:00:00.000Z' } }],
  ['at < 2031-03-04', { field: 'at', range: { to: '2031-03-03T23:59:59.999Z' } }],
  ['at:2031-03-04', { field: 'at', range: { from: '2031-03-04T00:00:00.000Z', to: '2031-03-04T23:59:59.999Z' } }],
  [
    '@timestamp:["2031-03-04T10:00:00Z" TO "2031-03-04T11:00:00+01:00"}',
    { field: 'at', range: { from: '2031-03-04T10:00:00.000Z', to: '2031-03-04T09:59:59.999Z' } },
  ],
];

/** Position, and a part of what is said. */
const REFUSED: readonly (readonly [string, number, string])[] = [
  ['*lamp', 1, 'begin with *'],
  ['message:"*lamp"', 1, 'begin with *'],
  ['venture:jumia AND message:*lamp', 19, 'begin with *'],
  ['la*mp', 1, 'at the end'],
  ['a AND', 6, 'missing at the end'],
  ['AND a', 1, 'needs something before'],
  ['a OR OR b', 6, 'needs something before'],
  ['(a', 1, 'never closed'],
  ['a)', 2, 'no ( to this'],
  ['()', 2, 'needs something before'],
  ['"a', 1, 'never closed'],
  ['message:', 9, 'needs a value'],
  ['color:red', 1, "no field 'color'"],
  ['a AND http://x', 7, "no field 'http'"],
  ['message:"--"', 1, 'no letter'],
  ['l*', 1, 'At least 2'],
  ['httpStatus:abc', 1, 'whole number'],
  ['httpStatus:5*', 1, 'takes no *'],
  ['message >= 5', 1, 'no ranges'],
  ['httpStatus:[400 499]', 12, '[a TO b]'],
  ['at > noon', 1, 'an instant'],
  ['lamp~2', 1, 'similar words'],
  [`${'('.repeat(30)}a${')'.repeat(30)}`, 22, 'levels'],
  ['a '.repeat(61), 121, 'at most 60'],
  ['a'.repeat(2_001), 2_001, 'at most 2000'],
];

describe('the query of the log', () => {
  it.each(RECIPES)('finds what the recipe %s is for', (query, filter) => {
    expect(filterOf(query)).toEqual(filter);
  });

  it.each(GRAMMAR)('reads %j', (query, filter) => {
    expect(filterOf(query)).toEqual(filter);
  });

  it.each(REFUSED)('refuses %j, naming the place', (query, position, message) => {
    let thrown: unknown;
    try {
      filterOf(query);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(LogQueryError);
    expect(thrown).toMatchObject({ position, message: expect.stringContaining(message) });
  });
});
