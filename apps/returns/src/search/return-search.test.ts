import { createTestPlaces, describeOnEveryEngine, type TestPlaces } from '@lockstep/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { RETURN_INDEX, type ReturnIndex } from '../documents/return-index.js';
import { caller, startReturns } from '../returns.fixture.js';
import { LagStore } from '../windows/lag.store.js';
import { Freshness } from './freshness.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

/** Orders of three accounts; each has a line of each of two brands. */
const ORDERS = [
  { id: 1, accountSlug: 'acme', workspace: 'north', portal: 'web', salesChannel: 'shop', paymentType: 'PREPAID' },
  { id: 2, accountSlug: 'acme', workspace: 'south', portal: 'app', salesChannel: 'shop', paymentType: 'COD' },
  { id: 3, accountSlug: 'bolt', workspace: 'north', portal: 'web', salesChannel: 'amazon', paymentType: 'PREPAID' },
].map((order) => ({
  ...order,
  customerOrderNumber: `O-${order.id}`,
  orderDate: '2026-11-02',
  items: [
    {
      orderItemId: order.id * 10 + 1,
      sku: `SHOE-${order.id}`,
      productName: 'Red running shoe',
      brand: 'Zip',
      quantity: 2,
      lineItemTotal: '59.00',
    },
    {
      orderItemId: order.id * 10 + 2,
      sku: `LAMP-${order.id}`,
      productName: 'Désk lamp',
      brand: 'Lumen',
      quantity: 1,
      lineItemTotal: '19.90',
    },
  ],
}));

const item = (orderId: number, which: 1 | 2, more: object = {}) => ({
  returnItemId: which,
  orderItemId: orderId * 10 + which,
  quantity: 1,
  returnReason: which === 1 ? 'too small' : 'broken',
  ...more,
});
const event = (source: string, status: string, hoursAgo: number, more: object = {}) => ({
  source,
  status,
  externalUpdatedAt: ago(hoursAgo * HOUR_MS),
  ...more,
});
const base = { returnType: 'CUSTOMER', pickupType: 'reverse', courierName: 'Fast', isCOD: false };

const RETURNS = [
  // Waits for its pickup.
  {
    id: 101,
    orderId: 1,
    ...base,
    customerReturnNumber: 'R-101',
    returnTrackingId: 'TRK101',
    refundAmount: '10.00',
    items: [item(1, 1)],
    shipment: {
      warehouseId: 'W1',
      customer: { name: 'Kim Novak', phone: '+44 20 7946 0101', email: 'Kim@Example.org' },
      pickup: { city: 'Leeds', postalCode: 'LS1 4AP' },
    },
  },
  // On its way, and late by now.
  {
    id: 102,
    orderId: 1,
    ...base,
    customerReturnNumber: 'R-102',
    returnTrackingId: 'TRK102',
    refundAmount: '20.00',
    items: [item(1, 1), item(1, 2)],
    shipment: { warehouseId: 'W1', slaDueAt: ago(HOUR_MS), customer: { name: 'Lee Grant' } },
    events: [event('courier', 'Picked Up', 50), event('courier', 'intransit', 40)],
  },
  // Delivered; an older event came later.
  {
    id: 103,
    orderId: 2,
    ...base,
    customerReturnNumber: 'R-103',
    returnTrackingId: 'TRK103',
    refundAmount: '30.00',
    isCOD: true,
    courierName: 'Slow',
    items: [item(2, 2)],
    shipment: { warehouseId: 'W2' },
    events: [event('courier', 'delivered', 5), event('courier', 'out_for_delivery', 9)],
  },
  // Done: one item sold again, one damaged.
  {
    id: 104,
    orderId: 3,
    ...base,
    customerReturnNumber: 'R-104',
    returnTrackingId: 'TRK104',
    refundAmount: '40.00',
    items: [item(3, 1), item(3, 2)],
    shipment: { warehouseId: 'W1' },
    events: [
      event('warehouse', 'received', 8),
      event('warehouse', 'qc', 7, { returnItemId: 1, itemStatus: 'restocked' }),
      event('warehouse', 'qc', 6, { returnItemId: 2, itemStatus: 'damaged', qcRejectionReasons: ['cracked'] }),
    ],
  },
  // Of an order that nobody knows: it needs attention, and is nobody's.
  {
    id: 105,
    ...base,
    returnType: 'UNKNOWN',
    pickupType: 'self_ship',
    customerReturnNumber: 'R-105',
    returnTrackingId: 'TRK105',
    items: [{ returnItemId: 1, sku: 'STRAY', ean: '4006381333931', quantity: 1 }],
  },
  // Cancelled, then noise of the courier.
  {
    id: 106,
    orderId: 3,
    ...base,
    customerReturnNumber: 'R-106',
    returnTrackingId: 'TRK106',
    refundAmount: '60.00',
    items: [item(3, 1)],
    shipment: { warehouseId: 'W2', slaDueAt: ago(HOUR_MS) },
    events: [event('courier', 'cancelled', 4), event('courier', 'intransit', 3)],
  },
  // Deleted.
  { id: 107, orderId: 1, ...base, customerReturnNumber: 'R-107', items: [item(1, 1)] },
];

interface Answer {
  hits: Record<string, unknown>[];
  nbHits: number;
  nbPages: number;
  facets: Record<string, Record<string, number>>;
  cursor: string | null;
  sync: Record<string, unknown>;
}

describeOnEveryEngine('the search of returns', (engines) => {
  let places: TestPlaces;
  let app: NestExpressApplication;
  const keys: Record<string, string> = {};
  const call = caller(() => app);
  const load = (path: string, lines: readonly object[]) =>
    call('post', path)
      .set('Content-Type', 'application/x-ndjson')
      .send(lines.map((line) => JSON.stringify(line)).join('\n'));

  beforeAll(async () => {
    places = await createTestPlaces(engines);
    app = await startReturns(places);
    expect((await load('/api/orders/bulk', ORDERS)).body).toMatchObject({ created: 3, rejected: 0 });
    expect((await load('/api/returns/bulk', RETURNS)).body).toMatchObject({ created: 7, rejected: 0 });
    // Beyond the 30 days of a tab.
    await app.get(DataSource).query(`UPDATE order_return SET created_at = now() - interval '40 days' WHERE id = 104`);
    await call('delete', '/api/returns/107');
    await index();
    const tenants: [string, object][] = [
      ['plain', {}],
      ['personal', { scopes: ['pii:read'] }],
      ['acme', { accountSlugs: ['acme'] }],
      ['acmeNorth', { accountSlugs: ['acme'], workspaces: ['north'], scopes: ['pii:read'] }],
      ['nobody', { accountSlugs: ['none'] }],
      ['acmeAdmin', { accountSlugs: ['acme'], role: 'admin' }],
    ];
    for (const [name, body] of tenants) {
      const made = await call('post', '/api/tokens').send({ name, role: 'viewer', ...body });
      keys[name] = made.body.key;
    }
  });

  afterAll(async () => {
    await app?.close();
    await places?.remove();
  });

  const index = async (ids: readonly number[] = RETURNS.map(({ id }) => id)) => {
    const { outcomes } = await app.get<ReturnIndex>(RETURN_INDEX).writeReturns(ids);
    // Readers see it within a second; `ids` with a version waits for it.
    await call('post', '/api/returns/search')
      .send({ ids: [101], minVersion: 1 })
      .expect(200);
    return outcomes;
  };
  const search = async (body: object, key?: string): Promise<Answer> => {
    const answer = await call('post', '/api/returns/search', key).send(body);
    expect([answer.status, answer.body.errors]).toEqual([200, undefined]);
    return answer.body;
  };
  const found = async (body: object, key?: string) =>
    (await search({ sort: 'createdAt', ...body }, key)).hits.map(({ returnId }) => returnId).sort();

  it('writes again without harm, and says what became of each', async () => {
    const outcomes = await index([101, 107, 999]);
    expect(outcomes).toEqual([
      { returnId: 101, outcome: 'indexed' },
      { returnId: 107, outcome: 'tombstoned' },
      { returnId: 999, outcome: 'noop' },
    ]);
  });

  it.each<[string, object, number[]]>([
    ['everything but what is gone', {}, [101, 102, 103, 104, 105, 106]],
    ['a status', { filters: { status: ['AWAITING_PICKUP'] } }, [101]],
    ['one of two statuses', { filters: { status: ['RETURN_DELIVERED', 'RETURNED'] } }, [103, 104]],
    ['two filters together', { filters: { status: ['RETURN_ON_THE_WAY'], courier: ['Fast'] } }, [102, 105]],
    ['filters of one and the same item', { filters: { brand: ['Zip'], itemStatus: ['DAMAGED'] } }, []],
    ['an item of a brand and a state', { filters: { brand: ['Lumen'], itemStatus: ['DAMAGED'] } }, [104]],
    ['a condition', { filters: { itemCondition: ['SELLABLE'] } }, [104]],
    ['cash on delivery', { filters: { isCOD: true } }, [103]],
    ['a centre', { filters: { fulfilmentCenter: ['W2'] } }, [103, 106]],
    ['what needs attention', { filters: { needAttention: true } }, [105]],
    ['what is late, by the clock of whoever asks', { filters: { delayed: true } }, [102]],
    ['what is not late', { filters: { delayed: false } }, [101, 103, 104, 105, 106]],
    ['an empty list of values as no filter', { filters: { status: [], brand: [] } }, [101, 102, 103, 104, 105, 106]],
    ['a number, exactly', { query: 'R-101' }, [101]],
    ['an id', { query: '103' }, [103]],
    ['a tracking id in the other case', { query: 'trk104' }, [104]],
    ['an order and so its returns', { query: 'O-3' }, [104, 106]],
    ['an item of an order', { query: '12' }, [102]],
    ['a SKU', { query: 'SHOE-1' }, [101, 102]],
    ['an EAN', { query: '4006381333931' }, [105]],
    ['the beginning of a number where no number is meant', { query: 'TRK10' }, [101, 102, 103, 104, 105, 106]],
    ['words of a product, accents aside', { query: 'desk LAMP' }, [102, 103, 104]],
    ['a number and a filter that it does not meet', { query: 'R-101', filters: { status: ['RETURNED'] } }, []],
    ['the tab new', { tab: 'new' }, [101]],
    ['the tab in_transit', { tab: 'in_transit' }, [102, 105]],
    ['the tab to_process', { tab: 'to_process' }, [103]],
    ['the tab completed, of 30 days', { tab: 'completed' }, []],
    ['the tab completed, of other dates', { tab: 'completed', from: ago(60 * DAY_MS) }, [104]],
    ['the tab need_attention', { tab: 'need_attention' }, [105]],
    ['dates of a field', { dateField: 'deliveredAt', from: ago(6 * HOUR_MS), to: ago(4 * HOUR_MS) }, [103]],
    ['ids', { ids: [101, 103, 107, 555] }, [101, 103]],
  ])('finds %s', async (_, body, ids) => {
    expect(await found(body)).toEqual(ids);
  });

  it('takes the beginning of a period in and leaves its end out, in the zone that is named', async () => {
    await app.get(DataSource).query(`UPDATE order_return SET requested_at = '2026-07-01T22:30:00Z' WHERE id = 101`);
    await index([101]);
    const at = { dateField: 'requestedAt', tz: 'Europe/London' };
    expect(await found({ ...at, from: '2026-07-01 23:30:00', to: '2026-07-01 23:30:01' })).toEqual([101]);
    expect(await found({ ...at, to: '2026-07-01 23:30:00' })).toEqual([]);
    expect(await found({ ...at, from: '2026-07-01T22:30:00Z', to: '2026-07-01T22:30:00.001Z' })).toEqual([101]);
  });

  it('answers a query like a body', async () => {
    const paths = ['/api/returns/search', '/v1/returns/search', '/_ah/api/esb/v1/searchOrderReturnIndexData'];
    for (const path of paths) {
      const answer = await call('get', `${path}?status=RETURNED,RETURN_DELIVERED&isCOD=false&facets=brand&page=0`);
      expect([answer.status, answer.body.hits?.map(({ returnId }: { returnId: number }) => returnId)]).toEqual([
        200,
        [104],
      ]);
      expect(answer.body.facets).toEqual({ brand: { Lumen: 1, Zip: 1 } });
      const posted = await call('post', path).send({ filters: { status: ['RETURNED'] } });
      expect([posted.status, posted.body.nbHits]).toEqual([200, 1]);
    }
  });

  it('counts as many returns for a value as its choice would show', async () => {
    const facets = ['status', 'brand', 'returnReason', 'itemStatus', 'isCOD'];
    const all = await search({ facets });
    expect(all.facets).toMatchObject({
      brand: { Zip: 4, Lumen: 3 },
      returnReason: { 'too small': 4, broken: 3 },
      isCOD: { false: 5, true: 1 },
      status: { RETURN_ON_THE_WAY: 2, RETURNED: 1 },
    });
    // Its own filter is left out of a facet; the others hold.
    const chosen = await search({ facets, filters: { brand: ['Lumen'], status: ['RETURNED'] } });
    expect(chosen.nbHits).toBe(1);
    expect(chosen.facets).toMatchObject({
      status: { RETURNED: 1, RETURN_DELIVERED: 1, RETURN_ON_THE_WAY: 1 },
      brand: { Lumen: 1, Zip: 1 },
      returnReason: { broken: 1 },
      itemStatus: { DAMAGED: 1 },
    });
    for (const [brand, count] of Object.entries(chosen.facets['brand'] as object)) {
      expect((await search({ filters: { brand: [brand], status: ['RETURNED'] } })).nbHits).toBe(count);
    }
  });

  it('counts items where those are asked for, and as many values as are asked for', async () => {
    const { facets } = await search({ facets: ['itemStatus', 'brand'], facetLevel: 'item', maxValuesPerFacet: 1 });
    expect(facets).toEqual({ itemStatus: { PENDING: 6 }, brand: { Zip: 4 } });
  });

  it('shows each item of a return that meets the filters', async () => {
    const answer = await search({ granularity: 'item', filters: { brand: ['Lumen'] }, sort: 'refundAmount' });
    expect(answer.nbHits).toBe(3);
    expect(answer.hits.map(({ objectID, brand, refundAmount }) => [objectID, brand, refundAmount])).toEqual([
      ['102-2', 'Lumen', 2_000],
      ['103-2', 'Lumen', 3_000],
      ['104-2', 'Lumen', 4_000],
    ]);
    expect((await search({ granularity: 'item' })).nbHits).toBe(8);
  });

  it('sorts, pages, and goes on by cursor', async () => {
    const ids = async (body: object) => (await search(body)).hits.map(({ returnId }) => returnId);
    expect(await ids({ sort: '-refundAmount', hitsPerPage: 3 })).toEqual([106, 104, 103]);
    expect(await ids({ sort: 'refundAmount:asc', hitsPerPage: 3, page: 1 })).toEqual([104, 106, 105]);
    const seen: unknown[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page: Answer = await search({ sort: 'refundAmount', hitsPerPage: 2, ...(cursor && { cursor }) });
      seen.push(...page.hits.map(({ returnId }) => returnId));
      cursor = page.cursor;
    }
    expect(seen).toEqual([101, 102, 103, 104, 106, 105]);
  });

  it.each<[string, object, string, string | undefined]>([
    ['a page beyond 10,000', { page: 10, hitsPerPage: 1_000 }, 'PAGE_WINDOW_EXCEEDED', undefined],
    ['1,001 hits', { hitsPerPage: 1_001 }, 'VALIDATION_FAILED', 'hitsPerPage'],
    ['words of 513 bytes', { query: 'é'.repeat(257) }, 'VALIDATION_FAILED', 'query'],
    ['a status nobody knows', { filters: { status: ['GONE'] } }, 'VALIDATION_FAILED', 'filters.status'],
    ['a filter nobody knows', { filters: { colour: ['red'] } }, 'VALIDATION_FAILED', 'filters.colour'],
    ['a sort nobody knows', { sort: 'customerName' }, 'VALIDATION_FAILED', 'sort'],
    ['a day that is none', { from: '2026-02-30' }, 'VALIDATION_FAILED', 'from'],
    ['a zone that is none', { from: '2026-02-03', tz: 'Mars/One' }, 'VALIDATION_FAILED', 'tz'],
    ['a version of nothing', { minVersion: 2 }, 'VALIDATION_FAILED', 'minVersion'],
    ['a cursor that is none', { cursor: 'abc' }, 'CURSOR_INVALID', undefined],
    ['a facet of what is no field', { facets: ['customerName'] }, 'VALIDATION_FAILED', 'facets'],
  ])('refuses %s', async (_, body, code, path) => {
    const answer = await call('post', '/api/returns/search').send(body);
    expect([answer.status, answer.body.code]).toEqual([400, code]);
    if (path) expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(path);
  });

  it('waits for a version that is written, and says so when it does not come', async () => {
    await call('put', '/api/orders/1').send({ ...ORDERS[0], id: undefined, portal: 'kiosk' });
    const { body } = await call('get', '/api/returns/101');
    const asked = { ids: [101], minVersion: body.version };
    const early = await call('post', '/api/returns/search').send(asked);
    expect([early.status, early.body.code, early.body.ids]).toEqual([409, 'NOT_YET_INDEXED', [101]]);
    // Its two seconds stand still, however long the writing takes.
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const late = search(asked);
    await index([101, 102]);
    expect((await late).hits).toMatchObject([{ returnId: 101, portal: 'kiosk', _sync: { version: body.version } }]);
  });

  it('says how fresh it is', async () => {
    // No window was ever completed: nobody knows how far it is behind, which is no reason to call it fresh.
    const never = { status: 0, lagSeconds: null, stale: true, pendingChanges: expect.any(Number) };
    expect((await search({})).sync).toMatchObject(never);
    const dataSource = app.get(DataSource);
    const fresh = () => new Freshness(dataSource, app.get(LagStore)).read();
    await dataSource.query(
      `UPDATE order_return_algolia_sync SET date_range_end = clock_timestamp(), snapshot_end = pg_current_snapshot()`,
    );
    expect(await fresh()).toMatchObject({ status: 0, pendingChanges: 0, stale: false });
    await dataSource.query(`UPDATE return_item SET quantity = quantity + 1 WHERE return_id IN (101, 102)`);
    expect(await fresh()).toMatchObject({ pendingChanges: 2, dateRangeEnd: expect.stringMatching(/Z$/) });
    await dataSource.query(`UPDATE order_return_algolia_sync SET date_range_end = now() - interval '1 hour'`);
    expect(await fresh()).toMatchObject({ stale: true });
  });

  it('shows what is gone to an admin who asks for it, and to nobody else', async () => {
    const all = await search({ includeTombstones: true, hitsPerPage: 100 });
    expect(all.hits).toContainEqual({ returnId: 107, _sync: expect.objectContaining({ tombstone: true }) });
    expect((await search({ includeTombstones: true, ids: [107] })).hits).toMatchObject([{ returnId: 107 }]);
    const refused = await call('post', '/api/returns/search', keys['plain']).send({ includeTombstones: true });
    expect([refused.status, refused.body.code]).toEqual([403, 'FORBIDDEN']);
    expect(await found({ includeTombstones: true }, keys['acmeAdmin'])).toEqual([101, 102, 103]);
    expect(await found({ includeTombstones: true, ids: [107] }, keys['acmeAdmin'])).toEqual([]);
  });

  describe('keeps what is personal', () => {
    it('from those without the scope', async () => {
      const [masked] = (await search({ ids: [101] }, keys['plain'])).hits;
      expect(masked).toMatchObject({ customer: { name: 'K***' }, pickup: { city: 'Leeds', postalCode: 'LS***' } });
      expect(JSON.stringify(masked)).not.toMatch(/Novak|7946|Example|Hash/i);
      const [whole] = (await search({ ids: [101] }, keys['personal'])).hits;
      expect(whole).toMatchObject({ customer: { name: 'Kim Novak' }, pickup: { postalCode: 'LS1 4AP' } });
      const view = await call('get', '/api/returns/101', keys['plain']);
      expect(view.body.shipment.customer).toEqual({ name: 'K***', phone: '***01', email: 'K***' });
    });

    it('also from being searched by', async () => {
      expect(await found({ query: 'novak' }, keys['plain'])).toEqual([]);
      expect(await found({ query: 'kim novak' }, keys['personal'])).toEqual([101]);
      expect(await found({ filters: { customerEmail: 'kim@example.org' } }, keys['personal'])).toEqual([101]);
      expect(await found({ filters: { customerPhone: '0044 (20) 7946-0101' } }, keys['personal'])).toEqual([101]);
      const refused = await call('post', '/api/returns/search', keys['plain']).send({
        filters: { customerEmail: 'kim@example.org' },
      });
      expect(refused.status).toBe(403);
    });
  });

  describe('shows a tenant its own, whatever is asked for', () => {
    const OWN = [101, 102, 103];
    it.each<[string, object]>([
      ['nothing', {}],
      ['another account', { filters: { accountSlug: ['bolt'] } }],
      ['both accounts', { filters: { accountSlug: ['acme', 'bolt'] } }],
      ['an empty account', { filters: { accountSlug: [''] } }],
      ['no account', { filters: { accountSlug: [] } }],
      ['null', { filters: { accountSlug: null, workspace: null } }],
      ['another workspace', { filters: { workspace: ['north', 'south', 'west'] } }],
      ['ids of others', { ids: [101, 102, 103, 104, 105, 106, 107] }],
      ['the number of another', { query: 'R-104' }],
      ['the order of another', { query: 'O-3' }],
      ['words that all have', { query: 'shoe' }],
      ['a pattern', { query: '*' }],
      ['a query language', { query: 'accountSlug:bolt OR *:*' }],
      ["what is nobody's", { filters: { needAttention: true } }],
      ['a tab', { tab: 'completed', from: '2020-01-01' }],
      ['not being late', { filters: { delayed: false } }],
      ['items', { granularity: 'item', filters: { itemStatus: ['DAMAGED', 'PENDING'] } }],
      ['many at once', { hitsPerPage: 1_000, sort: '-createdAt', facets: ['accountSlug', 'workspace', 'status'] }],
    ])('even %s', async (_, body) => {
      const answer = await search({ facets: ['accountSlug', 'brand'], ...body }, keys['acme']);
      expect(OWN).toEqual(expect.arrayContaining(answer.hits.map(({ returnId }) => returnId)));
      expect(answer.hits.every(({ accountSlug }) => accountSlug === 'acme')).toBe(true);
      expect(answer.nbHits).toBeLessThanOrEqual(5);
      expect(Object.keys(answer.facets['accountSlug'] ?? {}).filter((name) => name !== 'acme')).toEqual([]);
    });

    it('and a workspace besides', async () => {
      expect(await found({}, keys['acme'])).toEqual(OWN);
      expect(await found({}, keys['acmeNorth'])).toEqual([101, 102]);
      expect(await found({ filters: { workspace: ['south'] } }, keys['acmeNorth'])).toEqual([]);
      expect(await found({}, keys['nobody'])).toEqual([]);
    });

    it('does not tell by waiting whether another has something', async () => {
      for (const id of [104, 555]) {
        const answer = await call('post', '/api/returns/search', keys['nobody']).send({ ids: [id], minVersion: 1 });
        expect([answer.status, answer.body.code]).toEqual([409, 'NOT_YET_INDEXED']);
      }
    });

    it('also one by one and in lists', async () => {
      expect((await call('get', '/api/returns/104', keys['acme'])).status).toBe(404);
      expect((await call('get', '/api/orders/3', keys['acme'])).status).toBe(404);
      const ids = async (path: string) =>
        (await call('get', path, keys['acme'])).body.items.map(({ id }: { id: number }) => id);
      expect(await ids('/api/returns')).toEqual(OWN);
      expect(await ids('/api/orders')).toEqual([1, 2]);
      expect(await ids('/api/orders?accountSlug=bolt')).toEqual([]);
    });
  });
});
