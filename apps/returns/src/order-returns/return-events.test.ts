import { createTestPlaces, describeOnEveryEngine, type TestPlaces } from '@lockstep/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { caller, startReturns } from '../returns.fixture.js';

const RETURN = {
  orderId: 1,
  customerReturnNumber: 'R-1',
  returnType: 'CUSTOMER',
  items: [{ returnItemId: 7, orderItemId: 1, quantity: 1, ean: '4006381333931', images: ['https://x.example/1.jpg'] }],
};

describeOnEveryEngine('what happens to a return', (engines) => {
  let places: TestPlaces;
  let app: NestExpressApplication;
  const call = caller(() => app);

  beforeAll(async () => {
    places = await createTestPlaces(engines);
    app = await startReturns(places);
    await call('put', '/api/orders/1').send({ customerOrderNumber: 'O-1', accountSlug: 'acme', items: [] });
    await call('put', '/api/orders/2').send({ customerOrderNumber: 'O-2', accountSlug: 'bolt', items: [] });
    await call('put', '/api/returns/1').send(RETURN);
  });

  afterAll(async () => {
    await app?.close();
    await places?.remove();
  });

  const tell = (id: number, body: object, key?: string) => {
    const request = call('post', `/api/returns/${id}/events`);
    return (key === undefined ? request : request.set('Idempotency-Key', key)).send(body);
  };
  const load = (path: string, lines: readonly unknown[]) =>
    call('post', path)
      .set('Content-Type', 'application/x-ndjson')
      .send(lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
  const versionOf = async (id: number) => (await call('get', `/api/returns/${id}`)).body.version;

  it('is stored once, however often it is told, and raises the version once', async () => {
    const body = { source: 'courier', status: 'Picked Up', externalUpdatedAt: '2026-11-05T10:00:00+01:00' };
    const before = await versionOf(1);
    const [first, second] = [await tell(1, body), await tell(1, body)];
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.body).toEqual(first.body);
    expect(first.body).toMatchObject({ status: 'Picked Up', externalUpdatedAt: '2026-11-05T09:00:00.000Z' });
    expect(await versionOf(1)).toBe(before + 1);
    const others = await Promise.all(Array.from({ length: 5 }, () => tell(1, { source: 'courier', status: 'rto' })));
    expect(others.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 201]);
  });

  it('is told from others by the key that its teller gives', async () => {
    const body = { source: 'courier', status: 'pickup_failed' };
    const statuses = [];
    for (const key of ['a', 'a', 'b']) statuses.push((await tell(1, body, key)).status);
    expect(statuses).toEqual([201, 200, 201]);
    // What was said first under a key stays.
    const other = await tell(1, { source: 'courier', status: 'delivered' }, 'a');
    expect([other.status, other.body.status]).toEqual([200, 'pickup_failed']);
  });

  it('keeps what a warehouse has found of an item', async () => {
    const details = { itemCondition: 'NON_SELLABLE', qcRejectionReasons: ['Worn'], actionTaken: 'kept', shelf: 'A-1' };
    const { body } = await tell(1, {
      source: 'warehouse',
      status: 'qc',
      returnItemId: 7,
      itemStatus: 'damaged',
      ...details,
    });
    expect(body).toMatchObject({ returnItemId: 7, itemStatus: 'damaged', ...details });
    const listed = (await call('get', '/api/returns/1/events')).body;
    expect(listed.items.at(-1)).toEqual(body);
  });

  it('is refused where it cannot have happened', async () => {
    const event = { source: 'courier', status: 'delivered' };
    expect((await tell(99, event)).body.code).toBe('RETURN_NOT_FOUND');
    expect((await tell(1, { ...event, returnItemId: 8 })).body).toMatchObject({
      status: 400,
      code: 'RETURN_ITEM_NOT_FOUND',
      errors: [{ path: 'returnItemId' }],
    });
    expect((await tell(1, { ...event, source: 'rumour' })).body.errors[0].path).toBe('source');
    await call('put', '/api/returns/2').send(RETURN);
    await call('delete', '/api/returns/2');
    expect((await tell(2, event)).status).toBe(404);
  });

  it('is counted where nobody knows the word', async () => {
    await tell(1, { source: 'courier', status: 'beamed up' });
    await tell(1, { source: 'courier', status: 'beamed up' });
    const { text } = await call('get', '/metrics');
    expect(text).toMatch(/return_sync_unknown_status_total\{[^}]*source="courier"[^}]*\} 1\b/);
  });

  it('comes with a load of many, and a line that names no order costs only itself', async () => {
    const event = { source: 'courier', status: 'delivered', externalUpdatedAt: '2026-11-05T10:00:00Z' };
    const lines = [
      { ...RETURN, id: 11, events: [event] },
      { ...RETURN, id: 12, orderId: 999 },
      'not json',
      { ...RETURN, id: 13, returnType: 'LOST' },
      { ...RETURN, id: 14, tags: ['b', 'a'], shipment: { warehouseId: 'W', customer: { name: 'Kim' } } },
    ];
    const { body } = await load('/api/returns/bulk', lines);
    expect(body).toMatchObject({ received: 5, created: 2, rejected: 3 });
    const refused = body.errors.map(({ line, errors }: { line: number; errors?: { path: string }[] }) => [
      line,
      errors?.[0]?.path,
    ]);
    expect(refused).toEqual(
      expect.arrayContaining([
        [2, 'orderId'],
        [3, undefined],
        [4, 'returnType'],
      ]),
    );
    expect((await load('/api/returns/bulk', [lines[0], lines[4]])).body).toMatchObject({ unchanged: 2 });
    const more = { ...RETURN, id: 11, events: [event, { ...event, status: 'picked_up' }] };
    expect((await load('/api/returns/bulk', [more])).body).toMatchObject({ updated: 1 });
    expect((await call('get', '/api/returns/11/events')).body.total).toBe(2);
    const view = (await call('get', '/api/returns/14')).body;
    expect(view).toMatchObject({
      tags: ['a', 'b'],
      shipment: { warehouseId: 'W', customer: { name: 'Kim', phone: null } },
    });
    // A whole return: what is absent is empty, whatever it was before.
    await call('put', '/api/returns/14').send(RETURN);
    expect((await call('get', '/api/returns/14')).body).toMatchObject({ tags: [], shipment: null });
  });

  it('is not for those whose order it is not', async () => {
    const { key } = (await call('post', '/api/tokens').send({ name: 'b', role: 'operator', accountSlugs: ['bolt'] }))
      .body;
    const limited = (method: 'get' | 'put' | 'post' | 'delete', path: string) => call(method, path, key);
    const statuses = await Promise.all([
      limited('get', '/api/returns/1/events'),
      limited('post', '/api/returns/1/events').send({ source: 'courier', status: 'lost' }),
      limited('delete', '/api/returns/1'),
      limited('put', '/api/returns/1').send({ ...RETURN, orderId: 2 }),
      limited('put', '/api/orders/1').send({ customerOrderNumber: 'mine', accountSlug: 'bolt' }),
      limited('put', '/api/orders/3').send({ customerOrderNumber: 'O-3', accountSlug: 'acme' }),
      limited('post', '/api/returns/bulk').set('Content-Type', 'application/x-ndjson').send('{}'),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 403, 403]);
    const taken = await limited('put', '/api/returns/21').send(RETURN);
    expect([taken.status, taken.body.code]).toEqual([400, 'ORDER_NOT_FOUND']);
    expect((await limited('put', '/api/returns/21').send({ ...RETURN, orderId: 2 })).status).toBe(201);
    expect(await app.get(DataSource).query('SELECT order_id FROM order_return WHERE id = 1')).toEqual([
      { order_id: 1 },
    ]);
  });

  it('is listed with its return, by what returns are known by', async () => {
    const ids = async (query: string) =>
      (await call('get', `/api/returns?${query}`)).body.items.map(({ id }: { id: number }) => id);
    expect(await ids('orderId=2')).toEqual([21]);
    expect(await ids('sort=-id&pageSize=2')).toEqual([21, 14]);
    expect((await call('get', '/api/returns?colour=red')).status).toBe(400);
  });
});
