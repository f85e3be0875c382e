import type { IdentifierIds, ImportParent, ShopLogEntryV1 } from '@lockstep/contracts';
import {
  createTestDatabase,
  createTestVhost,
  describeWithEngines,
  type ImportAsker,
  openImportAsker,
  type TestDatabase,
  type TestVhost,
} from '@lockstep/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { caller, startReturns } from './returns.fixture.js';

const ORDER = {
  customerOrderNumber: 'O-1001',
  orderDate: '2026-11-02',
  portal: 'web',
  salesChannel: 'shop',
  accountSlug: 'acme',
  workspace: 'north',
  paymentType: 'PREPAID',
  items: [
    { orderItemId: 2, sku: 'B', productName: 'Lamp', brand: 'Acme', quantity: 1, lineItemTotal: '59.00' },
    { orderItemId: 1, sku: 'A', productName: 'Shoe', brand: 'Acme', quantity: 2, lineItemTotal: '159.80' },
  ],
};
const RETURN = {
  orderId: 1,
  customerReturnNumber: 'R-1',
  returnType: 'CUSTOMER',
  pickupType: 'reverse',
  courierName: 'Fast',
  returnTrackingId: 'T-1',
  refundAmount: '79.90',
  isCOD: false,
  requestedAt: '2026-11-05T10:00:00.000Z',
  items: [{ returnItemId: 7, orderItemId: 1, sku: 'A', quantity: 1, returnReason: 'too small' }],
};

describeWithEngines('orders and returns', (engines) => {
  let database: TestDatabase;
  let vhost: TestVhost;
  let app: NestExpressApplication;
  let asker: ImportAsker;
  const call = caller(() => app);
  const put = (path: string, body: object) => call('put', path).send(body);

  beforeAll(async () => {
    [database, vhost] = await Promise.all([createTestDatabase(engines), createTestVhost(engines)]);
    app = await startReturns({
      databaseUrl: database.url,
      rabbitmqUrl: vhost.url,
      // Nothing here is searched.
      elasticsearchUrl: database.url,
    });
    asker = await openImportAsker(vhost.url, 'returns');
    await put('/api/orders/1', ORDER);
  });

  afterAll(async () => {
    await asker?.close();
    await app?.close();
    await Promise.all([database?.remove(), vhost?.remove()]);
  });

  const parent = (objectType: string, identifierIds: IdentifierIds): ImportParent => ({
    linkTag: 'any',
    objectType,
    identifierIds,
    separate: false,
  });
  const make = async (
    type: string,
    fields: Record<string, string | number | boolean>,
    parents: ImportParent[] = [],
  ) => {
    const [answer] = await asker.objects(type, [{ fields, parents }]);
    expect(answer?.errorsFound).toEqual([]);
    return answer?.identifierIds as IdentifierIds;
  };

  it('are created, shown and replaced; the version grows with each change, also of an item, and with nothing else', async () => {
    const created = await put('/api/orders/101', ORDER);
    expect([created.status, created.body]).toMatchObject([201, { id: 101, version: 1, ...ORDER }]);
    const same = await put('/api/orders/101', ORDER);
    expect([same.status, same.body.version]).toEqual([200, 1]);
    const items = [{ ...ORDER.items[1], quantity: 5, lineItemTotal: '5' }];
    expect((await put('/api/orders/101', { ...ORDER, items })).body).toMatchObject({
      version: 2,
      items: [{ orderItemId: 1, quantity: 5, lineItemTotal: '5.00' }],
    });

    const back = await put('/api/returns/101', RETURN);
    expect([back.status, back.body]).toMatchObject([201, { id: 101, version: 1, ...RETURN }]);
    expect((await put('/api/returns/101', RETURN)).body.version).toBe(1);
    expect((await put('/api/returns/101', { ...RETURN, items: [] })).body).toMatchObject({ version: 2, items: [] });
    expect((await call('delete', '/api/returns/101')).status).toBe(204);
    expect([(await call('get', '/api/returns/101')).status, (await call('delete', '/api/returns/101')).status]).toEqual(
      [404, 404],
    );
    expect((await put('/api/returns/101', RETURN)).body.version).toBe(4);
  });

  it.each<[string, string, object, string]>([
    ['no number', '/api/orders/201', { ...ORDER, customerOrderNumber: undefined }, 'customerOrderNumber'],
    [
      'money that is a number',
      '/api/orders/201',
      { ...ORDER, items: [{ ...ORDER.items[0], lineItemTotal: 59 }] },
      'items.0.lineItemTotal',
    ],
    ['one item twice', '/api/orders/201', { ...ORDER, items: [ORDER.items[0], ORDER.items[0]] }, 'items'],
    ['an unknown field', '/api/orders/201', { ...ORDER, colour: 'red' }, 'colour'],
    ['an order that is not there', '/api/returns/201', { ...RETURN, orderId: 999 }, 'orderId'],
    ['a type nobody knows', '/api/returns/201', { ...RETURN, returnType: 'LOST' }, 'returnType'],
    [
      'none of an item',
      '/api/returns/201',
      { ...RETURN, items: [{ ...RETURN.items[0], quantity: 0 }] },
      'items.0.quantity',
    ],
    ['an id that is none', '/api/returns/0', RETURN, 'id'],
  ])('refuse %s and name the field', async (_, path, body, field) => {
    const answer = await put(path, body);
    expect([answer.status, answer.headers['content-type']]).toEqual([400, expect.stringContaining('problem+json')]);
    expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(field);
  });

  it('leave dead letters their path, and need a key', async () => {
    expect((await call('get', '/api/returns/dead-letters')).status).toBe(200);
    expect((await call('get', '/api/orders/1', null)).status).toBe(401);
    expect((await call('put', '/api/orders/9000000000000001').send(ORDER)).body.code).toBe('ID_RESERVED');
  });

  it("tell the shop's log what happens to them, by the items of the order, and nothing personal", async () => {
    await put('/api/orders/301', { ...ORDER, items: [{ orderItemId: 45123, sku: 'X', quantity: 1 }] });
    const shipment = { customer: { name: 'Kim Novak' } };
    const items = [{ returnItemId: 1, orderItemId: 45123, quantity: 1 }];
    await put('/api/returns/301', { ...RETURN, orderId: 301, items, shipment });
    await call('post', '/api/returns/301/events').send({ source: 'courier', status: 'picked_up' });
    await call('post', '/api/returns/301/events').send({ source: 'courier', status: 'picked_up' });
    const told: { body: string }[] = await app
      .get(DataSource)
      .query(
        `SELECT convert_from(body, 'UTF8') AS body FROM outbox WHERE routing_key = 'shop-update.log.recorded' ORDER BY id`,
      );
    const entries = told.flatMap(({ body }) => (JSON.parse(body) as { items: ShopLogEntryV1[] }).items);
    const own = entries.filter(({ itemIds }) => itemIds?.includes('45123'));
    expect(own.map(({ method }) => method)).toEqual(['order.save', 'return.save', 'return.event']);
    expect(own.every(({ message, direction }) => direction === 'order_call' && message.includes('"45123"'))).toBe(true);
    expect(JSON.stringify(own)).not.toContain('Novak');
  });

  it('are made by an import, level by level, as the example feed wants it', async () => {
    const customer = await make('customer', { email: 'kim@example.org' });
    const order = await make('order', { no: '1001', date: '2026-11-02' }, [parent('customer', customer)]);
    const line = await make('orderLine', { qty: 2 }, [parent('order', order), parent('product', { productId: '17' })]);
    const path = `/api/orders/${order['orderId']}`;
    expect((await call('get', path)).body).toMatchObject({
      customerOrderNumber: '1001',
      orderDate: '2026-11-02',
      version: 2,
      items: [{ orderItemId: Number(line['orderItemId']), quantity: 2 }],
    });
    const back = await make('return', { customerReturnNumber: 'R-9', refundAmount: '10', isCOD: true }, [
      parent('order', order),
    ]);
    expect((await call('get', `/api/returns/${back['returnId']}`)).body).toMatchObject({
      orderId: Number(order['orderId']),
      returnType: 'UNKNOWN',
      refundAmount: '10.00',
      isCOD: true,
      version: 1,
    });
    await asker.objects('order', [{ action: 'update', identifierIds: order, fields: { portal: 'app' } }]);
    expect((await call('get', path)).body).toMatchObject({ portal: 'app', version: 3, items: [{ quantity: 2 }] });
    expect(await app.get(DataSource).query('SELECT product_id FROM order_item WHERE product_id IS NOT NULL')).toEqual([
      { product_id: 17 },
    ]);
    const found = await asker.objects('orderLine', [
      { action: 'reference', identifierIds: line },
      { action: 'reference', identifierIds: { ...line, orderItemId: '7' } },
    ]);
    expect(found).toMatchObject([{ identifierIds: line }, { errorsFound: [{ code: 'REFERENCE_NOT_FOUND' }] }]);
  });

  it('are refused item by item', async () => {
    const answers = await asker.objects('orderLine', [
      { fields: { qty: 1 }, parents: [parent('order', { orderId: '1' })] },
      { fields: { qty: 0 }, parents: [parent('order', { orderId: '1' })] },
      { fields: {}, parents: [parent('order', { orderId: '1' })] },
      { fields: { qty: 1 } },
      { fields: { qty: 1 }, parents: [parent('order', { orderId: '987654' })] },
    ]);
    expect(answers.map(({ status, errorsFound: [fault] }) => fault?.code ?? status)).toEqual([
      'complete',
      'INVALID_VALUE',
      'MISSING_REQUIRED_FIELD',
      'MISSING_REQUIRED_LINK',
      'REFERENCE_NOT_FOUND',
    ]);
    const [wrong] = await asker.objects('customer', [{ fields: { email: 'nobody' } }]);
    expect(wrong?.errorsFound).toMatchObject([{ code: 'INVALID_VALUE', field: 'email' }]);
  });

  it('know who referred a customer, even himself, once', async () => {
    const kim = { objectType: 'customer', identifierIds: await make('customer', { email: 'kim2@example.org' }) };
    const request = await asker.sendLinks('customerReferredBy', [
      { child: kim, parent: kim },
      { child: kim, parent: { objectType: 'customer', identifierIds: { customerId: '987654' } } },
    ]);
    const first = await asker.answersTo(request);
    expect(first.map(({ status }) => status)).toEqual(['complete', 'error']);
    await asker.sendAgain(request);
    expect(await asker.answersTo(request, 2)).toEqual(first);
    const id = Number(kim.identifierIds['customerId']);
    expect(await app.get(DataSource).query('SELECT referred_by FROM customer WHERE id = $1', [id])).toEqual([
      { referred_by: id },
    ]);
  });
});
