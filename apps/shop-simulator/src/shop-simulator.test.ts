import { createServer, type Server } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ShopSimulator, startShopSimulator } from './start-shop-simulator.service.js';

type Answer = { status: number; body: unknown };
type Flow = 'synchronous' | 'asynchronous';

const LAMP = { id_catalog_product: '1', product_set: '30', seller_sku: 'LAMP', config_id: null, price: '59.00' };
const DESK = { id_catalog_product: '2', product_set: '30', seller_sku: 'DESK', config_id: null, price: '99.00' };

describe('the simulated shop', () => {
  let shop: ShopSimulator;
  let listener: Server;
  const calledBack: unknown[] = [];
  let nextId = 1;

  beforeAll(async () => {
    shop = await startShopSimulator();
    listener = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => {
        text += chunk;
      });
      request.on('end', () => {
        calledBack.push(JSON.parse(text));
        response.end('[]');
      });
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  });

  afterAll(async () => {
    await shop?.stop();
    listener?.closeAllConnections();
    listener?.close();
  });

  afterEach(async () => {
    await ask('POST', '/api/reset');
    calledBack.length = 0;
  });

  async function ask(method: string, path: string, body?: object): Promise<Answer> {
    const answer = await fetch(shop.url + path, {
      method,
      headers: { 'Content-Type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? null : JSON.parse(text) };
  }

  async function call(method: string, params: object, flow: Flow = 'synchronous'): Promise<Answer & { id: string }> {
    const id = String(nextId++);
    const answer = await fetch(shop.shopUrl, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-SC-Flow': flow },
      body: JSON.stringify([
        { api: 1, method: 'auth', params: { username: 'sc', password: 'p' }, id },
        { api: 1, method, params, id },
      ]),
    });
    const text = await answer.text();
    return { id, status: answer.status, body: answer.ok && text.startsWith('[') ? JSON.parse(text) : text };
  }

  const create = (flow?: Flow) => call('Product.createProducts', { productsInfo: [LAMP, DESK] }, flow);
  const resultOf = ({ body }: Answer) => (body as [{ result: unknown }])[0].result as Record<string, never>[];
  const untilCalledBack = async (count: number): Promise<unknown[]> => {
    await expect.poll(() => calledBack.length).toBeGreaterThanOrEqual(count);
    return calledBack;
  };
  const listen = (more: object = {}) => {
    const { port } = listener.address() as { port: number };
    shop.behave({ callbacks: { url: `http://127.0.0.1:${port}/`, apiKey: 'k', ...more } });
  };

  it('gives products ids, SKUs and one set, and the same ones when it is asked again', async () => {
    const first = resultOf(await create());
    expect(first).toMatchObject([
      { status: 'success', product: { seller_sku: 'LAMP', sku: expect.stringContaining('LAMP-') } },
      { status: 'success', product: { seller_sku: 'DESK' } },
    ]);
    const ids = first.map(({ product }) => (product as { id: string }).id);
    expect(new Set(ids).size).toBe(2);
    expect(resultOf(await create()).map(({ product }) => (product as { id: string }).id)).toEqual(ids);
    const changed = await call('Product.updatePrices', { productsInfo: [{ product_id: ids[0], price: '1.00' }] });
    expect(resultOf(changed)).toMatchObject([{ status: 'success', product: { id: ids[0] } }]);
    const { body } = await ask('GET', '/api/products');
    expect(body).toMatchObject({ items: [{ sellerSku: 'LAMP', fields: { price: '1.00' }, changes: 3 }, {}] });
  });

  it('answers for pictures as an object', async () => {
    const images = [{ url: 'https://img.example/a.jpg', hash: 'aa' }];
    const answer = await call('Product.updateImageCollection', { productSetSrcId: 7, images });
    expect(resultOf(answer)).toMatchObject({ productSetSrcId: 7, images: [{ uri: '/a.jpg', hash: 'aa' }] });
  });

  it('acknowledges and calls back in the other flow, with the id and the result', async () => {
    listen();
    const { id, body } = await create('asynchronous');
    expect(body).toEqual([{ api: 1, result: [{ status: 'success' }], id }]);
    const [batch] = await untilCalledBack(1);
    expect(batch).toMatchObject([
      { jsonrpc: '2.0', method: 'auth', params: { apiKey: 'k' } },
      { method: 'Callback.process', params: { result: [{ status: 'success' }, {}] }, id },
    ]);
  });

  it('calls back early, twice and contradicting, in another order, or when it is asked to', async () => {
    listen({ mode: 'early', copies: 2, contradicting: true });
    await create('asynchronous');
    expect(calledBack).toMatchObject([
      [{}, { params: { result: [{ status: 'success' }, {}] } }],
      [{}, { params: { result: [{ status: 'failure' }, {}] } }],
    ]);
    calledBack.length = 0;
    listen({ mode: 'reversed', copies: 1 });
    const ids: string[] = [];
    for (let count = 0; count < 5; count++) ids.push((await create('asynchronous')).id);
    const order = (await untilCalledBack(5)).map((batch) => (batch as [object, { id: string }])[1].id);
    expect(order).toEqual(ids.reverse());
    calledBack.length = 0;
    listen({ mode: 'held' });
    const { id } = await create('asynchronous');
    expect((await ask('GET', '/api/callbacks')).body).toMatchObject({ waiting: [id] });
    expect((await ask('POST', `/api/callbacks/${id}/send`)).status).toBe(202);
    expect(calledBack).toHaveLength(1);
    expect((await ask('POST', '/api/callbacks/0/send')).status).toBe(404);
  });

  it('goes wrong where, how and as often as it is told', async () => {
    const rules = [
      { effect: 'failure', sku: 'DESK', message: 'No room', code: 7, times: 1 },
      { effect: 'status', method: 'Product.updateStock', status: 503, retryAfterSeconds: 9, times: 1 },
    ];
    expect((await ask('PUT', '/api/behaviour', { rules })).status).toBe(200);
    expect(resultOf(await create())).toMatchObject([
      { status: 'success' },
      { status: 'failure', error: { message: 'No room', code: 7 } },
    ]);
    expect(resultOf(await create())).toMatchObject([{ status: 'success' }, { status: 'success' }]);
    const stock = () => call('Product.updateStock', { productsInfo: [] });
    expect([(await stock()).status, (await stock()).status]).toEqual([503, 200]);
    expect((await ask('PUT', '/api/behaviour', { rules: [{ effect: 'dance' }] })).status).toBe(400);
  });

  it.each([
    ['too_short', [{ product: { seller_sku: 'DESK' } }]],
    ['shuffled', [{ product: { seller_sku: 'DESK' } }, { product: { seller_sku: 'LAMP' } }]],
    ['wrong_sku', [{ product: { seller_sku: 'SOMEBODY-ELSES' } }, {}]],
  ])('answers in a wrong shape: %s', async (shape, expected) => {
    await ask('PUT', '/api/behaviour', { rules: [{ effect: 'shape', shape }] });
    expect(resultOf(await create())).toMatchObject(expected);
  });

  it('takes only those who know its password, once it has one', async () => {
    shop.behave({ username: 'sc', password: 'other' });
    expect((await create()).body).toMatchObject([{ error: { message: 'Access denied' } }]);
  });

  it('keeps what it was called with and when, and cuts connections off while it is down', async () => {
    shop.behave({ latencyMs: [1_500, 1_500] });
    await Promise.all([create(), create()]);
    shop.behave({ down: true });
    await expect(create()).rejects.toThrow();
    const { attempts, items } = (await ask('GET', '/api/calls')).body as { attempts: number; items: never[] };
    expect(attempts).toBe(3);
    expect(items).toMatchObject([{ httpStatus: 200 }, { httpStatus: 200 }, { httpStatus: null }]);
    const [first, second] = items as unknown as { receivedAtMs: number; answeredAtMs: number }[];
    expect(first?.answeredAtMs).toBeGreaterThanOrEqual((first?.receivedAtMs ?? 0) + 1_499);
    expect(second?.receivedAtMs).toBeLessThan(first?.answeredAtMs ?? 0);
  });
});
