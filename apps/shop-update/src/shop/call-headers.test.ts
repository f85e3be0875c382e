import { expect, it } from 'vitest';
import type { CalledItem } from '../queue/shop-call.js';
import { toHeaders } from './call-headers.js';
import { toEnvelope } from './envelope.js';

const item = (itemId: number, requeueCount: number, enqueuedAtNs: string): CalledItem => ({
  itemId,
  productSetId: 1,
  productId: 2,
  topic: 'stock',
  requeueCount,
  enqueuedAtNs,
});

it('tells flow, topic, count and the exact nanosecond in headers', () => {
  const items = [item(5, 0, '1930384800000000001'), item(9, 3, '1930384800000000003')];
  expect(toHeaders({ flow: 'asynchronous', items }, { topics: {} })).toEqual({
    'Content-Type': 'application/json',
    'X-SC-Flow': 'asynchronous',
    'X-SC-Topic': 'stock',
    'X-SC-Requeue-Count': '3',
    'X-SC-Enqueued-At': '1930384800000000001',
    'X-SC-Item-Id': '5,9',
  });
});

it('names a topic as the shop does', () => {
  const topics = { stock: { paused: false, headerName: 'product\\stockchange' } };
  const headers = toHeaders({ flow: 'synchronous', items: [item(5, 0, '1')] }, { topics });
  expect(headers['X-SC-Topic']).toBe('product\\stockchange');
});

it('puts the credentials first and the id of the request, as text, into both blocks', () => {
  const call = { id: '9007199254740993', method: 'Product.updateStock' as const, params: { productsInfo: [] } };
  expect(JSON.parse(toEnvelope(call, { username: 'sc_bridge', password: 'p' }))).toEqual([
    { api: 1, method: 'auth', params: { username: 'sc_bridge', password: 'p' }, id: '9007199254740993' },
    { api: 1, method: 'Product.updateStock', params: { productsInfo: [] }, id: '9007199254740993' },
  ]);
});
