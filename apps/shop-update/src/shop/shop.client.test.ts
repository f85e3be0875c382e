import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { type ShopSimulator, startShopSimulator } from '@lockstep/shop-simulator';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CallOutcome, ShopCall } from '../queue/shop-call.js';
import type { Flow } from '../queue/topics.js';
import { DEFAULT_SETTINGS, type StoredSettings, toSettings } from '../shop-config/settings.js';
import { checkedLookup } from './checked-lookup.js';
import { ShopClient } from './shop.client.js';

const CREATION = { id_catalog_product: '61001', product_set: '30455', seller_sku: 'LAMP', config_id: null };

const aCall = (flow: Flow, id = '88213'): ShopCall => ({
  id,
  flow,
  method: 'Product.createProducts',
  params: { productsInfo: [CREATION] },
  items: [
    {
      itemId: 5,
      productSetId: 30455,
      productId: null,
      topic: 'new_product_set',
      requeueCount: 2,
      enqueuedAtNs: '1930384800000000001',
    },
  ],
});

describe('a call to the shop', () => {
  let shop: ShopSimulator;
  let client: ShopClient;

  beforeAll(async () => {
    shop = await startShopSimulator();
    client = new ShopClient(true);
  });

  afterAll(async () => {
    await client?.close();
    await shop?.stop();
  });

  beforeEach(() => shop.behave({ username: 'sc_bridge', password: 'secret' }));
  afterEach(() => shop.behave({ rules: [], latencyMs: [0, 0], down: false }));

  const send = async (flow: Flow, more: Partial<StoredSettings> = {}, id?: string): Promise<CallOutcome> => {
    const credentials = { username: 'sc_bridge', password: 'secret' };
    const settings = toSettings(1, { ...DEFAULT_SETTINGS, ...credentials, shopUrl: shop.shopUrl, ...more });
    return (await client.send(aCall(flow, id), settings)).outcome;
  };

  it('is answered with the result, and carries credentials, id and headers exactly', async () => {
    const outcome = await send('synchronous', {}, '9007199254740993');
    expect(outcome).toMatchObject({ kind: 'answered', httpStatus: 200, result: [{ status: 'success' }] });
    expect(shop.calls().at(-1)).toMatchObject({
      requestId: '9007199254740993',
      method: 'Product.createProducts',
      headers: {
        'x-sc-flow': 'synchronous',
        'x-sc-topic': 'new_product_set',
        'x-sc-requeue-count': '2',
        'x-sc-enqueued-at': '1930384800000000001',
        'x-sc-item-id': '5',
      },
      params: { productsInfo: [CREATION] },
    });
  });

  it('is acknowledged in the other flow', async () => {
    expect(await send('asynchronous')).toEqual({ kind: 'acknowledged', httpStatus: 200 });
  });

  it('with wrong credentials is refused, which is no failure of the transport', async () => {
    expect(await send('synchronous', { password: 'wrong' })).toMatchObject({ reason: 'nack', detail: 'Access denied' });
  });

  it.each(['nack', 'sync_ack'] as const)('is not acknowledged by anything else: %s', async (how) => {
    shop.behave({ rules: [how === 'nack' ? { effect: 'nack' } : { effect: 'shape', shape: 'sync_ack' }] });
    const reason = how === 'nack' ? 'nack' : 'sync_shaped_ack';
    expect(await send('asynchronous')).toMatchObject({ kind: 'failed', reason, httpStatus: 200 });
  });

  it('that meets a status tells it, and when to come back', async () => {
    shop.behave({ rules: [{ effect: 'status', status: 503, retryAfterSeconds: 120 }] });
    expect(await send('synchronous')).toMatchObject({ reason: 'http_status', httpStatus: 503, retryAfterMs: 120_000 });
    shop.behave({ rules: [{ effect: 'status', status: 404, retryAfterSeconds: 120 }] });
    const outcome = await send('asynchronous');
    expect(outcome).toMatchObject({ reason: 'http_status', httpStatus: 404 });
    expect(outcome).not.toHaveProperty('retryAfterMs');
  });

  it('does not follow to another address', async () => {
    const before = shop.calls().length;
    shop.behave({ rules: [{ effect: 'status', status: 307 }] });
    expect(await send('synchronous')).toMatchObject({ reason: 'http_status', httpStatus: 307 });
    expect(shop.calls()).toHaveLength(before + 1);
  });

  it('is given up after its time, one for a whole answer and one for a receipt', async () => {
    shop.behave({ rules: [{ effect: 'hang' }] });
    const startedAt = performance.now();
    expect(await send('asynchronous', { ackSeconds: 1, responseSeconds: 300 })).toMatchObject({ reason: 'timeout' });
    expect(await send('synchronous', { responseSeconds: 1, ackSeconds: 300 })).toMatchObject({ reason: 'timeout' });
    expect(performance.now() - startedAt).toBeLessThan(100_000);
  });

  it('that is cut off, or finds nobody, is a matter of the connection', async () => {
    shop.behave({ down: true });
    expect(await send('synchronous')).toMatchObject({ reason: 'connection_lost' });
    const closed = await aClosedPort();
    expect(await send('synchronous', { shopUrl: `http://127.0.0.1:${closed}/` })).toMatchObject({
      reason: 'connection',
      detail: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('finds out where a name leads when it connects, and connects to nothing else', async () => {
    const resolve = checkedLookup((_host, done) => done(null, [{ address: '127.0.0.1', family: 4 }]));
    const rebound = new ShopClient(false, resolve);
    const settings = toSettings(1, { shopUrl: `https://shop.example.com:${shop.port}/rpc` });
    const { outcome } = await rebound.send(aCall('synchronous'), settings);
    const detail = 'shop.example.com stands for 127.0.0.1';
    expect(outcome).toEqual({ kind: 'failed', reason: 'address_refused', detail });
    await rebound.close();
  });

  it('that is answered without end is cut off', async () => {
    const endless = createHttpServer((_request, response) => {
      const chunk = Buffer.alloc(1_048_576, 'x');
      const write = (): void => {
        while (!response.destroyed && response.write(chunk));
        response.once('drain', write);
      };
      write();
    });
    await new Promise<void>((resolve) => endless.listen(0, '127.0.0.1', resolve));
    const { port } = endless.address() as { port: number };
    expect(await send('synchronous', { shopUrl: `http://127.0.0.1:${port}/` })).toMatchObject({ reason: 'too_large' });
    endless.closeAllConnections();
    endless.close();
  });

  it('hands on what is no answer, so that somebody looks at it', async () => {
    shop.behave({ rules: [{ effect: 'shape', shape: 'not_json' }] });
    expect(await send('synchronous')).toMatchObject({ kind: 'answered', result: '<html>Busy</html>' });
    expect(await send('asynchronous')).toMatchObject({ kind: 'failed', reason: 'not_json' });
  });

  it('reaches no private address unless that is allowed, by whatever name', async () => {
    const careful = new ShopClient(false);
    const refused = { outcome: { reason: 'address_refused' } };
    const settings = (shopUrl: string) => toSettings(1, { shopUrl });
    const before = shop.calls().length;
    const urls = [shop.shopUrl, `https://127.0.0.1:${shop.port}/rpc`, `https://localhost:${shop.port}/rpc`];
    for (const url of urls) expect(await careful.send(aCall('synchronous'), settings(url))).toMatchObject(refused);
    expect(await careful.send(aCall('synchronous'), toSettings(0, {}))).toMatchObject(refused);
    expect(shop.calls()).toHaveLength(before);
    await careful.close();
  });
});

function aClosedPort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
