import { Clock } from '@lockstep/service';
import { createTestPlaces, describeOnEveryEngine, type TestPlaces, waitFor } from '@lockstep/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ShopLog } from '../logs/shop-log.js';
import { caller, startShopUpdate } from '../shop-update.fixture.js';
import { forgetItems, type GivenItem, givenCall, givenItem } from './items.fixture.js';

const FAR_SECONDS = 3_600;

describeOnEveryEngine('items', (engines) => {
  let places: TestPlaces;
  let app: NestExpressApplication;
  let operator: string;
  const call = caller(() => app);
  const sql = <Row>(text: string, values: unknown[] = []): Promise<Row[]> => app.get(DataSource).query(text, values);
  const given = (item: GivenItem): Promise<number> => givenItem(app.get(DataSource), item);
  const list = (query: object) => call('get', '/api/shop-update/items').query(query);
  const idsOf = async (query: object): Promise<number[]> => {
    const { status, body } = await list({ pageSize: 200, ...query });
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body.total).toBe(body.items.length);
    return body.items.map(({ id }: { id: number }) => id);
  };

  beforeAll(async () => {
    places = await createTestPlaces(engines);
    app = await startShopUpdate(places);
    operator = (await call('post', '/api/tokens').send({ name: 'operator', role: 'operator' })).body.key;
    const put = (path: string, body: object) => call('put', `/api/${path}`).send(body);
    await put('sellers/1', { name: 'Lamps', active: true });
    await put('sellers/2', { name: 'Chairs', active: true });
    for (const [id, sellerId] of [
      [11, 1],
      [12, 2],
      [13, 1],
    ]) {
      await put(`product-sets/${id}`, { sellerId, name: `Set ${id}`, categories: [], images: [] });
    }
    await put('products/101', { productSetId: 11, sellerSku: 'LAMP-OAK-40', price: '5' });
    await put('products/102', { productSetId: 11, sellerSku: 'LAMP-OAK-60', price: '5' });
    await put('products/201', { productSetId: 12, sellerSku: 'CHAIR_1', price: '5' });
    await sql(`UPDATE product SET shop_sku = 'LO410-900101', src_id = '900101' WHERE id = 101`);
    await sql(`UPDATE product_set SET src_id = '7712' || id WHERE id IN (11, 12)`);
    await sql(`UPDATE product SET src_id = '900201', shop_sku = 'CH1-900201' WHERE id = 201`);
  });
  beforeEach(() => forgetItems(app.get(DataSource)));
  afterAll(async () => {
    await app?.close();
    await places?.remove();
  });

  const retried = { status: 'delayed', reason: 'retry', availableInSeconds: FAR_SECONDS } as const;

  describe('lists', () => {
    it('shows each tab, newest first, in the words people know', async () => {
      const ids = [
        await given({
          topic: 'price',
          status: 'blocked',
          reason: 'no_src_id',
          blockedBy: { kind: 'product', id: 101 },
        }),
        await given({ topic: 'content', ...retried, retryNo: 3, failures: 3, lastError: 'HTTP 500' }),
        await given({ topic: 'stock', status: 'delayed', reason: 'stock_hold', availableInSeconds: 500 }),
        await given({ topic: 'status', status: 'failed', failures: 28 }),
        await given({ topic: 'content', status: 'synced' }),
        await given({ productId: null, topic: 'images', status: 'superseded' }),
      ];
      expect(await idsOf({ tab: 'pending' })).toEqual([ids[2], ids[1], ids[0]]);
      expect(await idsOf({ tab: 'delayed' })).toEqual([ids[2], ids[1]]);
      expect(await idsOf({ tab: 'blocked' })).toEqual([ids[0]]);
      expect(await idsOf({ tab: 'failed' })).toEqual([ids[3]]);
      expect(await idsOf({ tab: 'synced' })).toEqual([ids[4]]);
      expect(await idsOf({ sort: 'queuedAt' })).toEqual(ids.slice(0, 4));
      const { body } = await list({ tab: 'delayed', reason: 'retry' });
      expect(body.items[0]).toMatchObject({
        id: ids[1],
        sellerSku: 'LAMP-OAK-40',
        sku: 'LO410-900101',
        sellerId: 1,
        topic: 'content',
        topicLabel: 'Content',
        status: 'delayed',
        statusLabel: 'Delayed',
        reason: 'retry',
        requeuedCount: 0,
        lastError: 'HTTP 500',
        nextAttemptAt: expect.stringMatching(/Z$/),
        failedAt: null,
        merged: 0,
      });
    });

    it('finds by every filter', async () => {
      const old = await given({
        ...retried,
        ageSeconds: 7_200,
        requeueCount: 5,
        attention: true,
        signature: 'HTTP 500',
      });
      const chair = await given({ ...retried, productSetId: 12, productId: 201, topic: 'price' });
      const set = await given({ ...retried, productId: null, topic: 'images' });
      await givenCall(app.get(DataSource), { itemIds: [chair], flow: 'asynchronous' });
      const chosen: readonly (readonly [object, readonly number[]])[] = [
        [{ sku: 'LAMP-' }, [set, old]],
        [{ sku: 'LO410' }, [set, old]],
        [{ sku: 'CHAIR_1' }, [chair]],
        [{ sku: 'CHAIR%' }, []],
        [{ sellerId: 2 }, [chair]],
        [{ productSetId: 11 }, [set, old]],
        [{ productId: 101 }, [old]],
        [{ topic: 'images,price' }, [set, chair]],
        [{ status: 'delayed', topic: 'content' }, [old]],
        [{ status: 'failed' }, []],
        [{ flow: 'asynchronous' }, [chair]],
        [{ requeueCountFrom: 5 }, [old]],
        [{ minAgeSeconds: 3_600 }, [old]],
        [{ queuedTo: new Date(Date.now() - 3_600_000).toISOString() }, [old]],
        [{ queuedFrom: new Date(Date.now() - 3_600_000).toISOString() }, [set, chair]],
        [{ signature: 'HTTP 500' }, [old]],
        [{ attention: true }, [old]],
        [{ attention: false, sellerId: 1 }, [set]],
      ];
      for (const [query, ids] of chosen)
        expect(await idsOf({ tab: 'delayed', ...query }), JSON.stringify(query)).toEqual(ids);
      expect((await list({ tab: 'everything' })).body.code).toBe('VALIDATION_FAILED');
      expect((await list({ cursor: 'bm9uZQ' })).body.code).toBe('CURSOR_INVALID');
    });

    it.each(['synced', 'delayed'])('gives each of the tab %s once, part by part, while others come', async (tab) => {
      const row = tab === 'synced' ? { status: 'synced' } : retried;
      const ids: number[] = [];
      for (let product = 1; product <= 7; product += 1) ids.push(await given({ ...row, productId: product }));
      const seen: number[] = [];
      for (let cursor: string | undefined = ''; cursor !== undefined; ) {
        const { body }: { body: { items: { id: number }[]; cursor: string | null } } = await list({
          tab,
          pageSize: 3,
          ...(cursor && { cursor }),
        });
        seen.push(...body.items.map(({ id }) => id));
        cursor = body.cursor ?? undefined;
        await given({ ...row, productId: 100 + seen.length });
      }
      expect(seen).toEqual(ids.reverse());
    });

    it('counts exactly to 10,000, and says where it counts no further', async () => {
      const many = `INSERT INTO sync_item (product_set_id, product_id, topic, status, reason, enqueued_at_ns)
        SELECT 11, n, 'content', 'blocked', 'no_src_id', 0 FROM generate_series($1::int, $2::int) AS n`;
      await sql(many, [1, 10_000]);
      expect((await list({ tab: 'blocked' })).body).toMatchObject({ total: 10_000, totalIsLowerBound: false });
      await sql(many, [10_001, 10_001]);
      expect((await list({ tab: 'blocked' })).body).toMatchObject({ total: 10_000, totalIsLowerBound: true });
    });

    it('gives the same part of a long list whichever way it is found, by page and by cursor', async () => {
      const many = `INSERT INTO sync_item (product_set_id, product_id, topic, status, reason, queued_at, enqueued_at_ns)
        SELECT $1, $2 + n, 'content', 'blocked', 'no_src_id', now() - $2 * interval '1 hour' - n * interval '1 second', 0
        FROM generate_series(1, $3::int) AS n`;
      // Far behind in the order of age, and more than are counted: of a set of the first seller.
      await sql(many, [11, 400_000, 10_050]);
      await sql(many, [12, 100_000, 20_050]);
      await sql('ANALYZE sync_item');
      const expected = (where: string, order: string, offset: number) =>
        sql<{ id: number }>(
          `SELECT id FROM sync_item WHERE ${where} ORDER BY queued_at ${order}, id ${order} OFFSET $1 LIMIT 5`,
          [offset],
        );
      const chosen: readonly (readonly [object, string])[] = [
        [{ tab: 'blocked' }, 'true'],
        [{ tab: 'blocked', sellerId: 1 }, 'product_set_id = 11'],
        [{ tab: 'blocked', sellerId: 2, reason: 'no_src_id' }, 'product_set_id = 12'],
        [{ minAgeSeconds: 1_000_000_000 }, 'product_set_id = 11'],
      ];
      for (const [query, where] of chosen) {
        for (const [sort, order] of [['queuedAt', 'ASC'] as const, ['-queuedAt', 'DESC'] as const]) {
          const first = (await list({ ...query, sort, pageSize: 5 })).body;
          expect([first.total, first.totalIsLowerBound, first.page], JSON.stringify(query)).toEqual([10_000, true, 1]);
          const ids = ({ items }: { items: { id: number }[] }) => items.map(({ id }) => ({ id }));
          expect(ids(first), JSON.stringify(query)).toEqual(await expected(where, order, 0));
          const next = await expected(where, order, 5);
          expect(ids((await list({ ...query, sort, pageSize: 5, page: 2 })).body)).toEqual(next);
          expect(ids((await list({ ...query, sort, pageSize: 5, cursor: first.cursor })).body)).toEqual(next);
        }
      }
      expect((await list({ page: 501, pageSize: 20 })).body.code).toBe('PAGE_TOO_DEEP');
    }, 120_000);

    it('names the item of the lane that a pending one waits for', async () => {
      const head = await given({ ...retried, topic: 'price' });
      const waiting = await given({ productId: 102 });
      await sql('INSERT INTO sync_lane (product_set_id) VALUES (11)');
      const { body } = await list({ reason: 'waiting_predecessor' });
      expect(body.items).toMatchObject([{ id: waiting, blockedBy: { kind: 'item', id: head } }]);
    });
  });

  describe('one item', () => {
    it('tells its history, its attempts, its plan, its lane, and what the shop does not know yet', async () => {
      const dataSource = app.get(DataSource);
      const synced = await given({ status: 'synced', ageSeconds: 9_000 });
      await givenCall(dataSource, {
        itemIds: [synced],
        ageSeconds: 9_000,
        params: { productsInfo: [{ title: 'Lamp', price: '5' }] },
      });
      const item = await given({ ...retried, ageSeconds: 120, retryNo: 26, requeueCount: 1, failures: 26 });
      const other = await given({ productId: 102, ...retried });
      const requestId = await givenCall(dataSource, {
        itemIds: [other, item],
        ageSeconds: 60,
        answerMs: 250,
        params: { productsInfo: [{ title: 'Other' }, { title: 'Lamp Oak', price: '5' }] },
        itemOutcomes: ['synced', 'refused'],
      });
      await sql(
        `INSERT INTO sync_item_event (item_id, from_status, to_status, reason, causes, call_id, at) VALUES
         ($1, NULL, 'pending', NULL, '{1}', NULL, now() - interval '120 seconds'),
         ($1, 'pending', 'processing', NULL, '{5}', NULL, now() - interval '90 seconds'),
         ($1, 'building_response_payload', 'delayed', 'retry', '{17}', $2, now() - interval '59 seconds')`,
        [item, requestId],
      );
      await sql(`INSERT INTO callback_inbox (request_id, body, verdict) VALUES ($1, '{"x":1}', 'duplicate')`, [
        String(requestId),
      ]);
      const { status, body } = await call('get', `/api/shop-update/items/${item}`);
      expect([status, body.item.id]).toEqual([200, item]);
      expect(body.timeline).toMatchObject([
        { from: null, to: 'pending', toLabel: 'Pending', cause: '1', dwellMs: 30_000 },
        { to: 'processing', dwellMs: 31_000 },
        { to: 'delayed', reason: 'retry', requestId: String(requestId), event: 'the shop says failure' },
      ]);
      expect(body.timeline[2].dwellMs).toBeGreaterThanOrEqual(59_000);
      expect(body.attempts).toMatchObject([
        {
          requestId: String(requestId),
          flow: 'synchronous',
          request: { title: 'Lamp Oak', price: '5' },
          itemsOfCall: 2,
          durationMs: 250,
          httpStatus: 200,
          itemOutcome: 'refused',
          callbacks: [{ verdict: 'duplicate', body: { x: 1 } }],
          headers: { 'X-SC-Flow': 'synchronous', 'X-SC-Topic': 'content', 'X-SC-Item-Id': `${other},${item}` },
        },
      ]);
      expect(body.attempts[0].headers['X-SC-Enqueued-At']).toMatch(/^\d{19}$/);
      expect(body.retryPlan.map(({ retryNo }: { retryNo: number }) => retryNo)).toEqual([26, 27]);
      const [first, last] = body.retryPlan.map(({ at }: { at: string }) => Date.parse(at));
      expect(last - first).toBe(480 * 60_000);
      expect(body.lane).toMatchObject({ before: 0, behind: 1, items: [{ id: item }, { id: other }] });
      expect(body.diff).toMatchObject({
        lastSyncedItemId: synced,
        changes: [{ path: 'title', before: 'Lamp', after: 'Lamp Oak' }],
      });
      expect(body.logs.q).toBe(`itemId:"${item}" OR message:"${requestId}"`);
      expect((await call('get', '/api/shop-update/items/999999')).body.code).toBe('ITEM_NOT_FOUND');
    });

    it('shows what it would say now, beside what it said last and what the shop has', async () => {
      const dataSource = app.get(DataSource);
      const preview = async (id: number) => (await call('get', `/api/shop-update/items/${id}/preview`, operator)).body;
      const [synced, item] = [
        await given({ topic: 'price', status: 'synced' }),
        await given({ topic: 'price', ...retried }),
      ];
      expect(await preview(item)).toMatchObject({
        method: 'Product.updatePrices',
        request: { seller_sku: 'LAMP-OAK-40', price: '5.00' },
        refusal: null,
        lastRequestId: null,
        changesSinceLastRequest: [],
      });
      const said = (await preview(item)).request;
      await givenCall(dataSource, {
        itemIds: [synced],
        topic: 'price',
        params: { productsInfo: [{ ...said, price: '3.00' }] },
      });
      const params = { productsInfo: [{ ...said, price: '4.00' }] };
      const requestId = await givenCall(dataSource, { itemIds: [item], topic: 'price', params });
      expect(await preview(item)).toMatchObject({
        diff: { lastSyncedItemId: synced, changes: [{ path: 'price', before: '3.00', after: '5.00' }] },
        lastRequestId: String(requestId),
        changesSinceLastRequest: [{ path: 'price', before: '4.00', after: '5.00' }],
      });
      const [row] = await sql<{ status: string }>('SELECT status FROM sync_item WHERE id = $1', [item]);
      expect(row?.status).toBe('delayed');
    });

    it('says why nothing would be sent of it', async () => {
      const preview = async (id: number) => (await call('get', `/api/shop-update/items/${id}/preview`, operator)).body;
      const unknown = await given({ productId: 102, status: 'blocked', reason: 'no_src_id', topic: 'price' });
      expect(await preview(unknown)).toMatchObject({
        request: null,
        refusal: 'LAMP-OAK-60 is not at the shop yet.',
        diff: { changes: [] },
      });
      expect((await preview(999_999)).code).toBe('ITEM_NOT_FOUND');
    });

    it('shows what the shop answered to whoever may read the log', async () => {
      const dataSource = app.get(DataSource);
      const item = await given({ ...retried, failures: 1, retryNo: 1 });
      const requestId = String(await givenCall(dataSource, { itemIds: [item] }));
      const about = { requestId, itemIds: [item], method: 'Product.updateProducts' };
      await app.get(ShopLog).record(dataSource.manager, [
        { ...about, direction: 'Request', text: 'asked' },
        { ...about, direction: 'RawResponse', text: '[{"result":[]}]' },
      ]);
      const find = (key?: string) => call('get', `/api/shop-update/items/${item}`, key);
      const scopes = ['logs:read'];
      const reader = (await call('post', '/api/tokens').send({ name: 'reader', role: 'viewer', scopes })).body.key;
      const seen = await waitFor('the log', async () => (await find(reader)).body.attempts[0].response);
      expect(seen).toMatchObject({ direction: 'RawResponse', text: expect.stringContaining('[{"result":[]}]') });
      expect((await find(operator)).body.attempts[0].response).toBeNull();
    });

    const actions: readonly (readonly [string, string, GivenItem, number, string])[] = [
      ['retry', 'a retry that waits', { ...retried, retryNo: 9 }, 200, 'pending'],
      ['retry', 'one that failed', { status: 'failed', retryNo: 27 }, 200, 'pending'],
      ['retry', 'an answer that could not be used', { status: 'blocked', reason: 'bad_response' }, 200, 'pending'],
      ['retry', 'an id that another product has', { status: 'blocked', reason: 'src_id_conflict' }, 200, 'pending'],
      ['retry', 'a product without an id', { status: 'blocked', reason: 'no_src_id' }, 409, 'blocked'],
      [
        'retry',
        'a change that is held',
        { topic: 'stock', status: 'delayed', reason: 'stock_hold', availableInSeconds: 500 },
        409,
        'delayed',
      ],
      ['retry', 'one on its way', { status: 'made_request' }, 409, 'made_request'],
      ['retry', 'one that is done', { status: 'synced' }, 409, 'synced'],
      [
        'release',
        'a change that is held',
        { topic: 'stock', status: 'delayed', reason: 'stock_hold', availableInSeconds: 500 },
        200,
        'pending',
      ],
      ['release', 'a retry that waits', retried, 409, 'delayed'],
      ['cancel', 'a retry that waits', retried, 200, 'cancelled'],
      ['cancel', 'one that is blocked', { status: 'blocked', reason: 'no_src_id' }, 200, 'cancelled'],
      ['cancel', 'one that failed', { status: 'failed' }, 200, 'cancelled'],
      [
        'cancel',
        'an answer that is still to be written down',
        { ...retried, unapplied: { kind: 'failure' } },
        409,
        'delayed',
      ],
      ['cancel', 'one on its way', { status: 'got_acknowledgment' }, 409, 'got_acknowledgment'],
      ['done', 'one that failed', { status: 'failed' }, 200, 'synced'],
      ['done', 'one of a product without an id', { productId: 102, status: 'failed' }, 409, 'failed'],
      ['done', 'one on its way', { status: 'made_request' }, 409, 'made_request'],
      ['skip', 'a retry that waits', retried, 200, 'failed'],
      ['skip', 'one that holds nobody up', { status: 'failed' }, 409, 'failed'],
    ];
    it.each(actions)('%s: %s', async (action, _, item, status, becomes) => {
      const id = await given(item);
      const answer = await call('post', `/api/shop-update/items/${id}/${action}`, operator).send({ reason: 'why' });
      expect([answer.status, answer.body.status === status ? item.status : answer.body.status]).toEqual([
        status,
        status === 409 ? item.status : becomes,
      ]);
      if (status === 200) {
        const [event] = await sql<{ to: string }>(
          'SELECT to_status AS "to" FROM sync_item_move WHERE item_id = $1 ORDER BY id, place LIMIT 1',
          [id],
        );
        expect(event?.to).toBe(becomes);
        if (action === 'retry') expect(answer.body).toMatchObject({ retryNo: 0, requeuedCount: 1 });
      } else {
        expect(answer.body).toMatchObject({ code: 'ITEM_NOT_IN_STATE', itemId: id, reason: item.reason ?? null });
        const [row] = await sql<{ status: string }>('SELECT status FROM sync_item WHERE id = $1', [id]);
        expect(row?.status).toBe(item.status);
      }
    });

    it('is shown as it would be by a dry run, and stays as it is', async () => {
      const id = await given(retried);
      const act = (body?: object) => call('post', `/api/shop-update/items/${id}/skip`, operator).send(body);
      const dry = await act({ reason: 'why', dryRun: true });
      expect([dry.status, dry.body.status]).toEqual([200, 'failed']);
      const found = await call('get', `/api/shop-update/items/${id}`);
      expect(found.body).toMatchObject({ item: { status: 'delayed' }, timeline: [], actions: [] });
    });

    it('is neither done nor skipped without a reason; who did it, and why, is kept', async () => {
      const id = await given(retried);
      const post = (action: string) => call('post', `/api/shop-update/items/${id}/${action}`, operator);
      for (const body of [undefined, {}, { reason: '' }]) expect((await post('skip').send(body)).status).toBe(400);
      await post('skip').send({ reason: 'the picture is broken' });
      await post('done').send({ reason: 'sent by mail' });
      const { body } = await call('get', `/api/shop-update/items/${id}`);
      expect(body.item).toMatchObject({ status: 'synced', finishedAt: expect.any(String) });
      expect(body.actions).toMatchObject([
        { action: 'skip', by: 'operator', reason: 'the picture is broken' },
        { action: 'done', by: 'operator', reason: 'sent by mail', at: expect.stringMatching(/Z$/) },
      ]);
    });

    it('takes a later change along when it begins anew though an answer was kept', async () => {
      const kept = { status: 'failed', retryNo: 27, unapplied: { kind: 'failure' } };
      const old = await given(kept);
      const later = await given({ ...retried, merged: 2 });
      const { status, body } = await call('post', `/api/shop-update/items/${old}/retry`, operator);
      expect([status, body]).toMatchObject([200, { id: old, retryNo: 0, merged: 3 }]);
      const rows = await sql<{ status: string; unapplied: unknown }>(
        'SELECT status, unapplied FROM sync_item ORDER BY id',
      );
      expect(rows.map(({ unapplied }) => unapplied)).toEqual([null, null]);
      expect(rows[1]?.status).toBe('superseded');
      expect(later).toBeGreaterThan(old);
    });

    it('moves by the time of the database, whatever the clock of the service says', async () => {
      const id = await given({ status: 'failed' });
      const late = vi.spyOn(app.get(Clock), 'now').mockReturnValue(new Date('2001-02-03T04:05:06Z'));
      try {
        await call('post', `/api/shop-update/items/${id}/retry`, operator);
      } finally {
        late.mockRestore();
      }
      const [row] = await sql<{ isNow: boolean }>(
        `SELECT enqueued_at_ns / 1000000000 > extract(epoch FROM now()) - 300 AS "isNow" FROM sync_item WHERE id = $1`,
        [id],
      );
      expect(row).toEqual({ isNow: true });
    });

    it('is moved by an operator only', async () => {
      const id = await given(retried);
      const viewer = (await call('post', '/api/tokens').send({ name: 'viewer', role: 'viewer' })).body.key;
      expect((await call('post', `/api/shop-update/items/${id}/retry`, viewer)).status).toBe(403);
      expect((await call('post', '/api/shop-update/items/999999/retry', operator)).body.code).toBe('ITEM_NOT_FOUND');
    });
  });

  describe('many items', () => {
    const failedOnes = (count: number) =>
      sql(
        `INSERT INTO sync_item (product_set_id, product_id, topic, status, enqueued_at_ns, error_signature, last_error, failures)
         SELECT 12, n, 'price', 'failed', 0, 'HTTP #', 'HTTP 50' || n % 5, 28 FROM generate_series(1, $1::int) AS n`,
        [count],
      );
    const requeue = (body: object) => call('post', '/api/shop-update/items/bulk-requeue', operator).send(body);

    it('are counted first, then tried again by their filter, as far as the cap allows', async () => {
      await failedOnes(250);
      await given({ status: 'blocked', reason: 'no_src_id', signature: 'HTTP #' });
      const filter = { signature: 'HTTP #' };
      const estimate = await requeue({ filter, dryRun: true });
      expect([estimate.status, estimate.body]).toEqual([200, { dryRun: true, matching: 250, seconds: 3 }]);
      const started = await requeue({ filter, cap: 220, ratePerSecond: 1_000 });
      expect([started.status, started.body.state, started.body.matching]).toEqual([202, 'running', 220]);
      const location = started.headers['location'] as string;
      const run = await waitFor('the end', async () => (await call('get', location)).body, {
        until: ({ state }) => state === 'completed',
      });
      expect(run).toMatchObject({ requeued: 220, skipped: 0, createdBy: 'operator' });
      expect((await list({ tab: 'failed' })).body.total).toBe(30);
      expect((await sql('SELECT FROM sync_item WHERE retry_no = 0 AND requeue_count = 1')).length).toBe(220);
    });

    it('become one where an answer was kept and a later change failed as well', async () => {
      await given({ status: 'failed', signature: 'HTTP #', unapplied: { kind: 'failure' } });
      await given({ status: 'failed', signature: 'HTTP #' });
      const { body } = await requeue({ filter: { signature: 'HTTP #' } });
      const run = await waitFor(
        'the end',
        async () => (await call('get', `/api/shop-update/bulk-requeues/${body.id}`)).body,
        { until: ({ state }) => state === 'completed' },
      );
      expect(run).toMatchObject({ requeued: 2, skipped: 0 });
      const rows = await sql<{ status: string; merged: number }>('SELECT status, merged FROM sync_item ORDER BY id');
      expect(rows[0]).toMatchObject({ merged: 1 });
      expect(rows[1]).toMatchObject({ status: 'superseded' });
    });

    it('keep to the rate, and stop when somebody says so', async () => {
      await failedOnes(50);
      const { body } = await requeue({ filter: { topic: ['price'] }, ratePerSecond: 1 });
      await waitFor(
        'the first',
        async () => (await call('get', `/api/shop-update/bulk-requeues/${body.id}`)).body.requeued > 0,
      );
      const cancelled = await call('post', `/api/shop-update/bulk-requeues/${body.id}/cancel`, operator);
      expect([cancelled.status, cancelled.body.state]).toEqual([200, 'cancelled']);
      expect(cancelled.body.requeued).toBeLessThan(10);
      expect((await call('post', `/api/shop-update/bulk-requeues/${body.id}/cancel`, operator)).body.code).toBe(
        'REQUEUE_HAS_ENDED',
      );
      expect((await call('get', '/api/shop-update/bulk-requeues')).body.total).toBe(1);
    });

    it('are grouped by what went wrong', async () => {
      await failedOnes(3);
      await given({ ...retried, signature: 'timeout', lastError: 'timeout', attention: true });
      const { body } = await call('get', '/api/shop-update/failures');
      expect(body).toMatchObject({
        total: 2,
        items: [
          { signature: 'HTTP #', items: 3, failed: 3, delayed: 0, topics: ['price'], lastError: 'HTTP 503' },
          { signature: 'timeout', items: 1, delayed: 1, attention: 1, topics: ['content'] },
        ],
      });
    });
  });

  describe('counters', () => {
    it('split what waits, with the age of the oldest of each', async () => {
      await given({ ageSeconds: 30 });
      const sent = await given({ productId: 102, status: 'made_request', ageSeconds: 40 });
      await givenCall(app.get(DataSource), { itemIds: [sent], outcome: 'open' });
      const acknowledged = await given({
        productId: 201,
        productSetId: 12,
        status: 'got_acknowledgment',
        ageSeconds: 50,
      });
      await givenCall(app.get(DataSource), {
        itemIds: [acknowledged],
        flow: 'asynchronous',
        outcome: 'acknowledged',
        ackMs: 5,
      });
      await given({ topic: 'stock', status: 'delayed', reason: 'stock_hold', availableInSeconds: 500 });
      await given({ topic: 'price', ...retried, attention: true });
      await given({ topic: 'status', status: 'blocked', reason: 'no_src_id', ageSeconds: 900 });
      await given({ topic: 'images', productId: null, status: 'failed' });
      await given({ topic: 'images', productId: null, status: 'synced' });
      const { body } = await call('get', '/api/shop-update/summary');
      expect(body).toMatchObject({
        flow: 'synchronous',
        toSend: { items: 1 },
        inFlight: { items: 1 },
        waitingForCallback: { items: 1 },
        held: { items: 1 },
        delayed: { items: 1 },
        blocked: { items: 1 },
        failed: { items: 1 },
        attention: 1,
        draining: 1,
        stuck: [],
      });
      expect(body.blocked.oldestAgeSeconds).toBeGreaterThanOrEqual(900);
      expect(body.message).toContain('4 still have to be sent, 1 wait');
      const metrics = (await call('get', '/metrics', null)).text;
      const values = metrics
        .split('\n')
        .filter((line: string) => line.startsWith('shop_update_'))
        .join('\n');
      expect(values).toMatch(/shop_update_items\{state="blocked"\} 1/);
      expect(values).toMatch(/shop_update_oldest_waiting_seconds\{state="blocked"\} 9\d\d/);
      expect(values).toMatch(/shop_update_stuck_items\{reason="no_worker"\} 0/);
    });

    const stuck: readonly (readonly [
      string,
      GivenItem,
      { ready?: boolean; call?: Partial<Parameters<typeof givenCall>[1]>; breaker?: boolean; busy?: boolean },
      string | null,
    ])[] = [
      ['its turn came just now', { ageSeconds: 20 }, { ready: true }, null],
      ['nobody takes it', { ageSeconds: 120 }, { ready: true }, 'no_worker'],
      ['workers are busy with others', { ageSeconds: 120 }, { ready: true, busy: true }, 'backlog'],
      ['the breaker is open', { ageSeconds: 120 }, { ready: true, breaker: true }, 'circuit_open'],
      ['it waits for another', { ageSeconds: 120 }, {}, 'predecessor'],
      [
        'it is paused',
        { status: 'delayed', reason: 'paused', availableInSeconds: 60, ageSeconds: 120 },
        {},
        'shop_paused',
      ],
      [
        'it was deferred',
        { status: 'delayed', reason: 'circuit_open', availableInSeconds: 60, ageSeconds: 120 },
        {},
        'circuit_open',
      ],
      ['its retry is to come', { ...retried, ageSeconds: 120 }, {}, null],
      [
        'a worker took it and is gone',
        { status: 'made_request', ageSeconds: 9_000 },
        { call: { ageSeconds: 300, outcome: 'open' } },
        'worker_gone',
      ],
      [
        'its call is on its way',
        { status: 'made_request', ageSeconds: 9_000 },
        { call: { ageSeconds: 30, outcome: 'open' } },
        null,
      ],
      [
        'its callback may take hours',
        { status: 'got_acknowledgment' },
        { call: { ageSeconds: 7_200, ackMs: 9, outcome: 'acknowledged' } },
        null,
      ],
      [
        'its callback does not come',
        { status: 'got_acknowledgment' },
        { call: { ageSeconds: 100_000, ackMs: 9, outcome: 'acknowledged' } },
        'no_callback',
      ],
      ['it is blocked', { status: 'blocked', reason: 'no_src_id', ageSeconds: 9_000 }, {}, null],
    ];
    it.each(stuck)('say whether it is stuck when %s', async (_, item, { ready, call: sent, breaker, busy }, reason) => {
      const dataSource = app.get(DataSource);
      const id = await given(item);
      if (sent) await givenCall(dataSource, { itemIds: [id], ...sent });
      if (busy) await givenCall(dataSource, { itemIds: [] });
      if (breaker) await sql(`INSERT INTO shop_breaker (method, open_until) VALUES ('*', now() + interval '1 minute')`);
      // Its turn, as nobody notices: workers look for the time at which it came.
      await sql('INSERT INTO sync_lane (product_set_id, ready_item_id) VALUES (11, $1)', [ready ? id : null]);
      const { body } = await call('get', `/api/shop-update/items/${id}`);
      expect(body.item.stuck?.reason ?? null).toBe(reason);
      expect(await idsOf({ stuck: true })).toEqual(reason ? [id] : []);
      const summary = await call('get', '/api/shop-update/summary');
      expect(summary.body.stuck.map((each: { reason: string; items: number }) => [each.reason, each.items])).toEqual(
        reason ? [[reason, 1]] : [],
      );
      if (reason) expect(body.item.stuck.advice.length).toBeGreaterThan(10);
    });
  });

  describe('upload to the shop again', () => {
    const reupload = (id: number, key?: string) =>
      call('post', `/api/products/${id}/reupload`, key).send({ reason: 'because' });

    it('names each precondition that is not met', async () => {
      await call('put', '/api/sellers/3').send({ name: 'Gone', active: false });
      await call('put', '/api/product-sets/31').send({ sellerId: 3, name: 'S', categories: [], images: [] });
      await call('put', '/api/products/301').send({ productSetId: 31, sellerSku: 'X', price: '1', status: 'inactive' });
      const refused = await reupload(301);
      expect([refused.status, refused.body.code]).toEqual([409, 'SELLER_INACTIVE']);
      expect(refused.body.preconditions).toEqual(['SELLER_INACTIVE', 'PRODUCT_INACTIVE', 'PRODUCT_NOT_APPROVED']);
      expect((await reupload(101, operator)).body.code).toBe('FORBIDDEN_NOT_ADMIN');
      expect((await reupload(99_999)).body.code).toBe('PRODUCT_NOT_FOUND');
    });

    it('tries all that failed of the set, from the start, and never its pictures', async () => {
      await sql(`UPDATE product SET qc_status = 'approved' WHERE id = 101`);
      const failed = await given({ status: 'failed', retryNo: 27, requeueCount: 27, attention: true });
      const sibling = await given({ productId: 102, topic: 'price', status: 'blocked', reason: 'bad_response' });
      const images = await given({ productId: null, topic: 'images', status: 'failed' });
      const retrying = await given({ topic: 'price', ...retried, retryNo: 4 });
      const { status, body } = await reupload(101);
      expect([status, body]).toEqual([202, { productId: 101, productSetId: 11, requeued: 2, enqueued: 0 }]);
      const rows = await sql<{ id: number; retryNo: number; status: string }>(
        'SELECT id, retry_no AS "retryNo", status FROM sync_item ORDER BY id',
      );
      expect(rows.find(({ id }) => id === failed)).toMatchObject({ retryNo: 0 });
      expect(rows.find(({ id }) => id === images)).toMatchObject({ status: 'failed' });
      expect(rows.find(({ id }) => id === retrying)).toMatchObject({ status: 'delayed', retryNo: 4 });
      expect(rows.find(({ id }) => id === sibling)?.status).not.toBe('blocked');
      expect(
        await sql('SELECT product_id AS product, requeued, reason, created_by AS "by" FROM reupload'),
      ).toMatchObject([{ product: 101, requeued: 2, reason: 'because', by: expect.any(String) }]);
      expect(await sql(`SELECT FROM access.audit WHERE route LIKE '%reupload' AND status = 202`)).toHaveLength(1);
    });

    it('takes a later change along where an answer was kept', async () => {
      await sql(`UPDATE product SET qc_status = 'approved' WHERE id = 101`);
      await given({ status: 'failed', unapplied: { kind: 'failure' } });
      await given(retried);
      const { status, body } = await reupload(101);
      expect([status, body]).toMatchObject([202, { requeued: 1 }]);
      const rows = await sql<{ status: string }>('SELECT status FROM sync_item ORDER BY id');
      expect(rows[1]).toMatchObject({ status: 'superseded' });
    });

    it('tells the shop of everything when nothing has failed', async () => {
      await sql(`UPDATE product SET qc_status = 'approved' WHERE id IN (101, 102)`);
      const { body } = await reupload(101);
      expect(body).toMatchObject({ requeued: 0, enqueued: 6 });
      const topics = await sql<{ product: number; topic: string }>(
        'SELECT product_id AS product, topic FROM sync_item ORDER BY product_id, topic',
      );
      expect(topics.filter(({ product }) => product === 101).map(({ topic }) => topic)).toEqual([
        'content',
        'price',
        'qc_status_change',
        'status',
        'stock',
      ]);
      expect(topics.filter(({ product }) => product === 102).map(({ topic }) => topic)).toEqual(['new_product']);
    });
  });
});
