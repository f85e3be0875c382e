import { createTestPlaces, describeOnEveryEngine, type TestPlaces, waitFor } from '@lockstep/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import supertest from 'supertest';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { caller, startShopUpdate } from '../shop-update.fixture.js';
import type { CallbackRow } from './callbacks.answer.js';

const KEY = 'k-7f3a';
const AUTH = { jsonrpc: '2.0', method: 'auth', params: { apiKey: KEY } };
const SET = 30455;
const PRODUCT = 61001;
const SUCCESS = [
  {
    status: 'success',
    product: {
      seller_sku: 'LAMP',
      sku: 'L-900101',
      id: '900101',
      config_id: '771200',
      updated_at: '2031-03-04 13:20:11',
    },
  },
];
const process = (id: unknown, result: unknown = SUCCESS) => ({
  jsonrpc: '2.0',
  method: 'Callback.process',
  params: { result },
  id,
});
const ok = (id: unknown) => ({ jsonrpc: '2.0', result: { status: 'success' }, id });
const unauthorized = (id: unknown) => ({
  jsonrpc: '2.0',
  error: { code: -32001, message: 'Could not authorize request', data: null },
  id,
});
const invalid = { jsonrpc: '2.0', error: { code: 502, message: 'Invalid Json RPC format' }, id: null };

describeOnEveryEngine('the callbacks of the shop', (engines) => {
  let places: TestPlaces;
  let app: NestExpressApplication;
  let requestId: string;
  let nextRequest = 1_000;
  const call = caller(() => app);
  const query = <T>(sql: string, values: unknown[] = []): Promise<T[]> => app.get(DataSource).query(sql, values);
  const configure = async (change: object) => {
    const answer = await call('put', '/api/shop-update/config').send(change);
    expect(answer.status).toBe(200);
    return answer;
  };
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    supertest(app.getHttpServer())
      .post('/shop-update/')
      .set({ 'Content-Type': 'application/json', ...headers })
      .send(typeof body === 'string' ? body : JSON.stringify(body));
  const inbox = async (id: string): Promise<CallbackRow[]> =>
    (await call('get', `/api/shop-update/callbacks?requestId=${id}`)).body.items;
  const judged = (id: string, count: number): Promise<CallbackRow[]> =>
    waitFor('the callbacks to be judged', () => inbox(id), {
      until: (rows) => rows.length === count && rows.every(({ verdict }) => verdict !== 'received'),
    });
  /** Everything that a callback could change. */
  const everything = () =>
    query(
      `SELECT (SELECT json_agg(p ORDER BY id) FROM product p) AS products, (SELECT json_agg(s ORDER BY id) FROM product_set s) AS sets,
         (SELECT json_agg(i ORDER BY id) FROM sync_item i) AS items, (SELECT json_agg(c ORDER BY id) FROM sync_call c) AS calls,
         (SELECT count(*) FROM callback_inbox) AS inbox`,
    );

  beforeAll(async () => {
    places = await createTestPlaces(engines);
    const { databaseUrl, rabbitmqUrl, elasticsearchUrl, indexPrefix } = places;
    app = await startShopUpdate({ databaseUrl, rabbitmqUrl, elasticsearchUrl, indexPrefix });
    await call('put', '/api/sellers/52').send({ name: 'Lamps Ltd' });
    await call('put', `/api/product-sets/${SET}`).send({ sellerId: 52, name: 'Lamp' });
    const product = { productSetId: SET, sellerSku: 'LAMP', price: '59.00', qcStatus: 'approved' };
    await call('put', `/api/products/${PRODUCT}`).send(product);
  });

  afterAll(async () => {
    await app?.close();
    await places?.remove();
  });

  /** The creation of the set, sent and acknowledged. */
  beforeEach(async () => {
    await configure({
      callbackApiKeys: [KEY, 'k-next'],
      callbackAllowedIps: ['127.0.0.1', '192.0.2.0/24'],
      trustedProxies: null,
      flow: 'asynchronous',
    });
    requestId = String(nextRequest++);
    await query('UPDATE product SET src_id = NULL, shop_sku = NULL, src_updated_at = NULL');
    await query('UPDATE product_set SET src_id = NULL');
    await query('DELETE FROM sync_item');
    const [item] = await query<{ id: number }>(
      `INSERT INTO sync_item (product_set_id, topic, status, enqueued_at_ns, request_id)
       VALUES ($1, 'new_product_set', 'got_acknowledgment', 1, $2) RETURNING id`,
      [SET, requestId],
    );
    const params = {
      productsInfo: [{ id_catalog_product: String(PRODUCT), seller_sku: 'LAMP', config_id: null }],
    };
    await query(
      `INSERT INTO sync_call (id, flow, method, topic, payload, config_version, worker, outcome, acked_at)
       VALUES ($1, 'asynchronous', 'Product.createProducts', 'new_product_set', $2, 1, 'test', 'acknowledged', now())`,
      [requestId, JSON.stringify(params)],
    );
    await query(`INSERT INTO sync_call_item (call_id, position, item_id, fingerprint) VALUES ($1, 0, $2, 'f')`, [
      requestId,
      item?.id,
    ]);
  });

  it('are answered when they are kept, and then applied', async () => {
    const answer = await post([AUTH, process(requestId)]);
    expect([answer.status, answer.body]).toEqual([200, [ok(requestId)]]);
    expect(await judged(requestId, 1)).toMatchObject([{ verdict: 'applied', remoteAddress: '127.0.0.1' }]);
    expect((await call('get', `/api/products/${PRODUCT}`)).body).toMatchObject({
      srcId: '900101',
      shopSku: 'L-900101',
      srcUpdatedAt: '2031-03-04 13:20:11',
    });
    expect((await call('get', `/api/product-sets/${SET}`)).body.srcId).toBe('771200');
  });

  it('may come as one object with the key in a header, and by the other key', async () => {
    expect((await post(process(requestId), { 'X-Api-Key': 'k-next' })).body).toEqual([ok(requestId)]);
    expect(await judged(requestId, 1)).toMatchObject([{ verdict: 'applied' }]);
  });

  it('that are bad get the answers that shops know, and change nothing', async () => {
    const before = await everything();
    const good = JSON.stringify([AUTH, process(requestId)]);
    const bad: [unknown, Record<string, string>, unknown][] = [
      [[{ ...AUTH, params: { apiKey: 'k-7f3b' } }, process(requestId)], {}, [unauthorized(requestId)]],
      [[process(requestId)], {}, [unauthorized(requestId)]],
      [process(requestId), {}, [unauthorized(requestId)]],
      [process(requestId), { 'X-Api-Key': 'wrong' }, [unauthorized(requestId)]],
      [[process(requestId), AUTH], {}, [unauthorized(requestId)]],
      [good.replace(']', ',]'), {}, [invalid]],
      [good.slice(0, -1), {}, [invalid]],
      ['', {}, [invalid]],
      ['result=success', { 'Content-Type': 'application/x-www-form-urlencoded' }, [invalid]],
    ];
    for (const [body, headers, reply] of bad) {
      const answer = await post(body, headers);
      expect([body, answer.status, answer.body]).toEqual([body, 200, reply]);
    }
    expect(await everything()).toEqual(before);
  });

  it('come from addresses that are allowed, and no header of the caller makes one of another', async () => {
    await configure({ callbackAllowedIps: ['192.0.2.0/24'] });
    const before = await everything();
    const forged = { 'X-Forwarded-For': '192.0.2.7', Forwarded: 'for=192.0.2.7', 'X-Real-IP': '192.0.2.7' };
    for (const headers of [{}, forged])
      expect((await post([AUTH, process(requestId)], headers)).body).toEqual([unauthorized(requestId)]);
    await configure({ trustedProxies: '1' });
    const behind = (chain: string) => post([AUTH, process(requestId)], { 'X-Forwarded-For': chain });
    expect((await behind('192.0.2.7, 198.51.100.9')).body).toEqual([unauthorized(requestId)]);
    await configure({ trustedProxies: '10.0.0.0/8' });
    expect((await behind('192.0.2.7')).body).toEqual([unauthorized(requestId)]);
    expect(await everything()).toEqual(before);
    await configure({ trustedProxies: '127.0.0.0/8, 10.0.0.0/8' });
    expect((await behind('198.51.100.9, 192.0.2.7, 10.0.0.5')).body).toEqual([ok(requestId)]);
    expect(await judged(requestId, 1)).toMatchObject([{ verdict: 'applied', remoteAddress: '192.0.2.7' }]);
  });

  it('larger than 1 MiB, or more than 500 at once, are refused whole', async () => {
    const before = await everything();
    const large = await post(`[${JSON.stringify(AUTH)}, "${'x'.repeat(1_048_576)}"]`);
    expect([large.status, large.body.code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    const many = await post([AUTH, ...Array.from({ length: 500 }, () => process(requestId))]);
    expect([many.status, many.body]).toMatchObject([200, [{ error: { code: -32600 }, id: null }]]);
    expect(await everything()).toEqual(before);
  });

  it('are applied once, however often they come and whatever the later ones say', async () => {
    const contradicting = [{ status: 'failure', error: { message: 'After all not' } }];
    const other = [{ status: 'success', product: { ...SUCCESS[0]?.product, id: '1' } }];
    const answer = await post([AUTH, process(requestId), process(requestId), process(requestId, contradicting)]);
    expect(answer.body).toEqual([ok(requestId), ok(requestId), ok(requestId)]);
    await judged(requestId, 3);
    const before = await everything();
    await post([AUTH, process(requestId, other)]);
    const rows = await judged(requestId, 4);
    expect(rows.map(({ verdict, detail }) => [verdict, detail]).reverse()).toEqual([
      ['applied', null],
      ['duplicate', null],
      ['duplicate', 'It contradicts the one before, which stands.'],
      ['duplicate', 'It contradicts the one before, which stands.'],
    ]);
    expect((await everything()).map((row) => ({ ...(row as object), inbox: 0 }))).toEqual(
      before.map((row) => ({ ...(row as object), inbox: 0 })),
    );
  });

  it('that were applied by somebody who died before saying so are found to be applied', async () => {
    await post([AUTH, process(requestId)]);
    await judged(requestId, 1);
    const before = await query('SELECT json_agg(e ORDER BY id) AS events FROM sync_item_event e');
    await query(
      `UPDATE callback_inbox SET verdict = 'received', handled_at = NULL, available_at = now() WHERE request_id = $1`,
      [requestId],
    );
    await query(`SELECT pg_notify('shop_callbacks', '')`);
    const [row] = await judged(requestId, 1);
    expect(row?.verdict).toBe('applied');
    expect(await query('SELECT json_agg(e ORDER BY id) AS events FROM sync_item_event e')).toEqual(before);
  });

  it('that nobody asked for are kept where people can see them', async () => {
    const before = await everything();
    const ids = ['999999999', 'no-id-of-ours', '0'];
    expect((await post([AUTH, ...ids.map((id) => process(id))])).body).toEqual(ids.map(ok));
    for (const id of ids) expect(await judged(id, 1)).toMatchObject([{ verdict: 'orphan' }]);
    const orphans = await call('get', '/api/shop-update/callbacks?verdict=orphan');
    expect(orphans.body.items.length).toBeGreaterThanOrEqual(3);
    const [{ items }] = (await everything()) as [{ items: unknown }];
    expect(items).toEqual((before as [{ items: unknown }])[0].items);
  });

  it('are counted exactly to 10,000 and no further, and all of them can be gone through', async () => {
    await query(
      `INSERT INTO callback_inbox (request_id, body, verdict, handled_at)
       SELECT 'many', '{}', 'stale', now() FROM generate_series(1, 10001)`,
    );
    const list = async (params: object) =>
      (await call('get', '/api/shop-update/callbacks').query({ requestId: 'many', pageSize: 2, ...params })).body;
    const first = await list({});
    expect(first).toMatchObject({ total: 10_000, totalIsLowerBound: true, page: 1, pageSize: 2 });
    const ids = ({ items }: { items: CallbackRow[] }) => items.map(({ id }) => id);
    expect(ids(await list({ cursor: first.cursor }))).toEqual(ids(await list({ page: 2 })));
    expect(await list({ cursor: String(ids(first)[1]), page: 9_999, pageSize: 1 })).toMatchObject({ items: [{}] });
    expect(await list({ page: 5_001 })).toMatchObject({ status: 400, code: 'PAGE_TOO_DEEP' });
    await query(`DELETE FROM callback_inbox WHERE id = $1`, [ids(first)[0]]);
    expect(await list({})).toMatchObject({ total: 10_000, totalIsLowerBound: false });
    await query(`DELETE FROM callback_inbox WHERE request_id = 'many'`);
  });

  it('that cannot be used block the item; a corrected one of the same request goes through', async () => {
    await post([AUTH, process(requestId, [{ status: 'success', product: { seller_sku: 'LAMP' } }])]);
    expect(await judged(requestId, 1)).toMatchObject([{ verdict: 'unusable' }]);
    const [item] = await query('SELECT status, reason FROM sync_item');
    expect(item).toEqual({ status: 'blocked', reason: 'bad_response' });
    await post([AUTH, process(requestId)]);
    expect(await judged(requestId, 2)).toMatchObject([{ verdict: 'applied' }, { verdict: 'unusable' }]);
    expect((await call('get', `/api/products/${PRODUCT}`)).body.srcId).toBe('900101');
  });

  it('of a request that was followed by another change nothing; they can be judged again', async () => {
    await query(`UPDATE sync_item SET request_id = 77, status = 'made_request'`);
    await post([AUTH, process(requestId)]);
    const [stale] = await judged(requestId, 1);
    expect(stale?.verdict).toBe('stale');
    expect((await call('get', `/api/products/${PRODUCT}`)).body.srcId).toBeNull();
    await query(`UPDATE sync_item SET request_id = $1, status = 'got_acknowledgment'`, [requestId]);
    const again = await call('post', `/api/shop-update/callbacks/${stale?.id}/apply`).send();
    expect(again.status).toBe(202);
    await waitFor('it to be applied', () => inbox(requestId), { until: ([row]) => row?.verdict === 'applied' });
    expect((await call('post', '/api/shop-update/callbacks/999999999/apply').send()).status).toBe(404);
  });

  it('leave secrets nowhere they can be read', async () => {
    const config = await call('get', '/api/shop-update/config');
    expect(JSON.stringify(config.body)).not.toContain(KEY);
    await post([AUTH, process(requestId)]);
    const [row] = await query<{ text: string }>('SELECT json_agg(i)::text AS text FROM callback_inbox i');
    expect(row?.text).not.toContain(KEY);
    const [stored] = await query<{ text: string }>('SELECT json_agg(c)::text AS text FROM shop_config c');
    expect(stored?.text).not.toContain(KEY);
  });

  it('are configured by what was shown before, unless somebody was faster', async () => {
    const { body: shown } = await call('get', '/api/shop-update/config');
    const put = (body: object) => call('put', '/api/shop-update/config').send(body);
    const changed = await put({ ...shown, ackSeconds: 20 });
    expect([changed.status, changed.body]).toMatchObject([200, { ackSeconds: 20, version: shown.version + 1 }]);
    expect(changed.body.callbackApiKeyFingerprints).toEqual(shown.callbackApiKeyFingerprints);
    const late = await put({ ...shown, ackSeconds: 30 });
    expect([late.status, late.body]).toMatchObject([409, { code: 'CONFIG_CHANGED', version: shown.version + 1 }]);
    expect((await put({ ackSeconds: null, nonsense: 1 })).status).toBe(400);
    expect((await put({ ackSeconds: null })).body.ackSeconds).toBe(15);
  });

  it('are configured by an admin alone', async () => {
    const token = async (role: string) =>
      (await call('post', '/api/tokens').send({ name: role, role, scopes: [] })).body.key as string;
    expect((await call('put', '/api/shop-update/config', await token('operator')).send({})).status).toBe(403);
    expect((await call('get', '/api/shop-update/config', await token('viewer'))).status).toBe(200);
    expect((await call('get', '/api/shop-update/config', null)).status).toBe(401);
    const refused = await call('put', '/api/shop-update/config').send({ callbackAllowedIps: [] });
    expect([refused.status, refused.body.code]).toEqual([409, 'CALLBACK_ACCESS_NOT_SET']);
  });
});
