import { expect, it } from 'vitest';
import { isSimulated } from './simulated-shop.js';

it('takes the place of no shop, or of the simulated one of a former start, and of nothing else', () => {
  expect([null, 'http://127.0.0.1:40123/rpc'].map(isSimulated)).toEqual([true, true]);
  const others = ['https://shop.example.com/rpc', 'http://127.0.0.1:40123/api', 'http://192.168.1.7:80/rpc'];
  expect(others.map(isSimulated)).toEqual([false, false, false]);
});
