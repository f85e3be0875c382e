import { type ShopLogEntryV1, shopLogRecorded } from '@lockstep/contracts';
import { inTransaction } from '@lockstep/database';
import { Outbox } from '@lockstep/messaging';
import type { SearchEngine } from '@lockstep/search';
import { Clock, SEARCH_ENGINE } from '@lockstep/service';
import { createTestPlaces, describeOnEveryEngine, type TestPlaces, waitFor } from '@lockstep/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ShopUpdateConfig } from '../shop-update.config.js';
import { caller, startShopUpdate } from '../shop-update.fixture.js';
import { dayOf } from './log-document.js';
import { indexOf, LogIndex } from './log-index.js';
import { ShopLog } from './shop-log.js';

const RECIPES: readonly (readonly [string, readonly string[]])[] = [
  ['venture:"jumia" AND source:"ke/live"', ['Request', 'RawResponse', 'Request', 'Ack', 'order_call']],
  ['venture:"jumia" AND source:"ke/live" AND message:"LAMP-OAK-40"', ['Request', 'RawResponse', 'Request']],
  ['message:"LAMP-OAK-40" AND message:"Product.createProducts"', ['Request', 'RawResponse']],
  ['message:"createProducts"', ['Request', 'RawResponse']],
  ['venture:"jumia" AND source:"ke/live" AND message:"88213" (AND message:"RawResponse")', ['RawResponse']],
  ['source:"ke/live" AND message:"45123" AND message:"order_call"', ['order_call']],
  ['message:"LAMP-OA*" AND NOT message:createProducts', ['Request']],
  ['sellerSku:"lamp-oak-40" AND httpStatus >= 200', ['RawResponse']],
  ['itemId:7 AND direction:ack', ['Ack']],
  ['source:"ke/staging"', []],
  ['errorReason:*', ['Ack']],
  ['httpStatus:[200 TO 299] OR requestId:88214', ['RawResponse', 'Request', 'Ack']],
];

describeOnEveryEngine('the log', (engines) => {
  let places: TestPlaces;
  let app: NestExpressApplication;
  let reader: string;
  const call = caller(() => app);
  const search = (query: Record<string, string | number>, key = reader) => call('get', '/api/logs', key).query(query);

  beforeAll(async () => {
    places = await createTestPlaces(engines);
    app = await startShopUpdate(places);
    const made = await call('post', '/api/tokens').send({ name: 'reader', role: 'viewer', scopes: ['logs:read'] });
    reader = made.body.key;
    await fill();
    await waitFor('the entries', async () => (await search({ q: 'venture:jumia' })).body.total === 5);
  });

  afterAll(async () => {
    await app?.close();
    await places?.remove();
  });

  const fill = async () => {
    const shopLog = app.get(ShopLog);
    const dataSource = app.get(DataSource);
    await dataSource.query(
      `INSERT INTO shop_config (settings, changed_by) VALUES ('{"venture":"Jumia","country":"ke"}', 'test')`,
    );
    await call('put', '/api/sellers/1').send({ name: 'Lamps', active: true });
    await call('put', '/api/product-sets/11').send({ sellerId: 1, name: 'Lamp', categories: [], images: [] });
    await call('put', '/api/products/101').send({ productSetId: 11, sellerSku: 'LAMP-OAK-40', price: '5' });
    const [{ id }] = await dataSource.query(
      `INSERT INTO sync_item (id, product_set_id, product_id, topic, status, enqueued_at_ns, finished_at) OVERRIDING SYSTEM VALUE
       VALUES (7, 11, 101, 'content', 'synced', 0, now()) RETURNING id`,
    );
    const auth = '{"api":1,"method":"auth","params":{"username":"sc","password":"pw-1"},"id":"88213"}';
    const create = {
      requestId: '88213',
      method: 'Product.createProducts',
      topic: 'new_product',
      flow: 'synchronous',
      itemIds: [id],
    };
    await inTransaction(dataSource, (manager) =>
      shopLog.record(manager, [
        { ...create, direction: 'Request', text: `[${auth},{"seller_sku":"LAMP-OAK-40"}]` },
        {
          ...create,
          direction: 'RawResponse',
          text: '[{"result":[{"sku":"LAMP-OAK-40"}],"id":"88213"}]',
          httpStatus: 200,
          durationMs: 12.4,
        },
        {
          direction: 'Request',
          text: '{"seller_sku":"LAMP-OAK-40"}',
          requestId: '88214',
          method: 'Product.updateStock',
        },
        { direction: 'Ack', text: '{"id":"88214"}', requestId: '88214', errorReason: 'nack', itemIds: [id] },
        { direction: 'order_call', text: 'packed {"order_item_id":"45123"}' },
      ]),
    );
  };

  it.each(RECIPES)('answers %s', async (q, directions) => {
    const { status, body } = await search({ q });
    expect([status, body.total]).toEqual([200, directions.length]);
    expect(body.items.map(({ direction }: { direction: string }) => direction).sort()).toEqual([...directions].sort());
  });

  it('never shows a password, and names what a call is about', async () => {
    const { body } = await search({ q: 'requestId:88213 AND direction:Request' });
    expect(body.items).toMatchObject([
      {
        venture: 'jumia',
        source: 'ke/live',
        method: 'Product.createProducts',
        itemIds: ['7'],
        sellerSkus: ['LAMP-OAK-40'],
        productSetIds: ['11'],
      },
    ]);
    expect(body.items[0].message).toMatch(/^Request Product\.createProducts .*"password":"\[hidden\]".* 88213$/);
    expect((await search({ q: 'message:"pw-1"' })).body.total).toBe(0);
  });

  it('takes an entry that arrives twice for one, and parks what no index can hold while others are written', async () => {
    const entry: ShopLogEntryV1 = {
      id: 'twice',
      at: new Date().toISOString(),
      venture: 'daraz',
      source: 'pk/live',
      direction: 'Callback',
      message: 'Callback once',
    };
    const outbox = app.get(Outbox);
    const { manager } = app.get(DataSource);
    await outbox.add(manager, shopLogRecorded, { items: [entry] });
    await outbox.add(manager, shopLogRecorded, {
      items: [entry, { ...entry, id: 'other', at: 'noon' }, { ...entry, id: 'third' }],
    });
    await waitFor('both entries', async () => (await search({ q: 'venture:daraz' })).body.total === 2);
    await waitFor('the dead letter', async () => (await call('get', '/api/shop-update/dead-letters')).body.total === 1);
    expect((await search({ q: 'venture:daraz' })).body.total).toBe(2);
  });

  it('takes texts of any length and any characters', async () => {
    const text = `${'"quoted" \\ \u0000 \ud800 '.repeat(30_000)}END`;
    const lines = [1, 2, 3].map((n) => ({ direction: 'CallbackReply' as const, requestId: `big-${n}`, text }));
    const { manager } = app.get(DataSource);
    await manager.query(`INSERT INTO shop_config (settings, changed_by) VALUES ('{"venture":"lamoda"}', 'test')`);
    await app.get(ShopLog).record(manager, lines);
    await manager.query(`DELETE FROM shop_config WHERE settings->>'venture' = 'lamoda'`);
    await waitFor('the long ones', async () => (await search({ q: 'requestId:big-*' })).body.total === 3);
    const { body } = await search({ q: 'requestId:big-2 AND message:quoted' });
    expect(body.items[0].message.length).toBeLessThanOrEqual(200_000);
    expect(body.items[0].message).toMatch(/… cut big-2$/);
  });

  it('counts what was found over time', async () => {
    const { body } = await call('get', '/api/logs/histogram', reader).query({ q: 'venture:jumia', from: 'now-1h' });
    expect(body).toMatchObject({ unit: 'minute', total: 5 });
    expect(body.bars.length).toBeGreaterThanOrEqual(60);
    expect(body.bars.reduce((sum: number, { count }: { count: number }) => sum + count, 0)).toBe(5);
    const days = await call('get', '/api/logs/histogram', reader).query({ q: 'venture:jumia', from: 'now-30d' });
    expect([days.body.unit, days.body.total, days.body.bars.at(-1).count]).toEqual(['day', 5, 5]);
  });

  it('pages over days, the newest first', async () => {
    const index = app.get(LogIndex);
    const at = (daysAgo: number, minute: number) =>
      new Date(Date.now() - daysAgo * 86_400_000 - minute * 60_000).toISOString();
    const entries = [3, 2, 1].flatMap((daysAgo) =>
      [0, 1, 2].map((minute) => ({
        id: `${daysAgo}-${minute}`,
        at: at(daysAgo, minute),
        venture: 'linio',
        source: 'mx/live',
        direction: 'Ack' as const,
        message: 'paged',
      })),
    );
    await index.write(entries);
    await waitFor('the days', async () => (await search({ q: 'venture:linio', from: 'now-7d' })).body.total === 9);
    const pages = await Promise.all(
      [1, 2, 3].map((page) => search({ q: 'venture:linio', from: 'now-7d', page, pageSize: 4 })),
    );
    const expected = [...entries].sort((a, b) => (a.at < b.at ? 1 : -1)).map(({ id }) => id);
    expect(pages.flatMap(({ body }) => body.items.map(({ id }: { id: string }) => id))).toEqual(expected);
  });

  it('drops the days whose time is over, and takes no entries for them', async () => {
    const index = app.get(LogIndex);
    const atMs = Date.now() - 100 * 86_400_000;
    const entry = {
      at: new Date(atMs).toISOString(),
      venture: 'wadi',
      source: 'ae/live',
      direction: 'Ack',
      message: 'x',
    } as const;
    const engine = app.get<SearchEngine>(SEARCH_ENGINE);
    // A former setting kept it longer.
    const former = Object.assign(new ShopUpdateConfig(), { logRetentionDays: 200 });
    await new LogIndex(engine, former, app.get(Clock)).write([{ ...entry, id: 'kept' }]);
    const old = indexOf(dayOf(entry.at));
    expect(await engine.aliasTargets('shop_logs')).toContain(old);
    expect(await index.dropOutdated()).toEqual([dayOf(entry.at)]);
    expect(await engine.aliasTargets('shop_logs')).not.toContain(old);
    expect(await index.write([{ ...entry, id: 'late' }])).toEqual([{ status: 'ok' }]);
    expect((await engine.listIndices()).map(({ name }) => name)).not.toContain(old);
    const answer = await search({ q: 'venture:wadi', from: 'now-300d' });
    expect([answer.body.total, answer.body.isPartlyExpired]).toEqual([0, true]);
  });

  it('says where a query went wrong', async () => {
    const { status, body } = await search({ q: 'venture:jumia AND *lamp' });
    expect([status, body.code, body.position]).toEqual([400, 'LOG_QUERY_INVALID', 19]);
    expect((await search({ q: 'a', from: 'yesterday' })).body.code).toBe('VALIDATION_FAILED');
  });

  it('gives the same search the same link, frozen, and asks for the right again when it is opened', async () => {
    const share = (body: object) => call('post', '/api/logs/links', reader).send(body);
    const range = { from: '2031-03-04T10:00:00Z', to: '2031-03-04T11:00:00Z' };
    const first = await share({ q: 'venture:“jumia”', ...range, columns: ['at', 'message'] });
    const again = await share({ q: ' venture:"jumia" ', ...range, columns: ['at', 'message'] });
    expect([first.status, again.body.id]).toEqual([201, first.body.id]);
    const frozen = await share({ q: 'x', from: 'now-1h' });
    const moving = await share({ q: 'x', from: 'now-1h', freeze: false });
    expect(frozen.body.id).not.toBe(moving.body.id);
    const opened = await call('get', first.body.url, reader);
    expect(opened.status).toBe(302);
    const target = new URL(opened.headers['location'] as string, 'http://x');
    expect([target.pathname, target.searchParams.get('q'), target.searchParams.get('from')]).toEqual([
      '/api/logs',
      'venture:"jumia"',
      '2031-03-04T10:00:00.000Z',
    ]);
    const other = await call('post', '/api/tokens').send({ name: 'other', role: 'operator' });
    expect((await call('get', first.body.url, other.body.key)).status).toBe(403);
    expect((await search({ q: '' }, other.body.key)).status).toBe(403);
    expect((await call('get', '/l/nothing', reader)).status).toBe(404);
  });
});
