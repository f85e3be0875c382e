import { randomBytes } from 'node:crypto';
import type { LoadTarget } from '@lockstep/demo-data';
import { startShopSimulator } from '@lockstep/shop-simulator';
import type { Terminal } from '../terminal/terminal.js';

/**
 * Runs a shop for products to go to, in this process and on a port of its own, which is another one at every start. Where a
 * shop of somebody's own is set, it does nothing.
 */
export async function openSimulatedShop(target: LoadTarget, terminal: Terminal): Promise<void> {
  const { shopUrl } = (await (await call(target)).json()) as { shopUrl: string | null };
  if (!isSimulated(shopUrl)) return;
  const shop = await startShopSimulator({ firstId: Date.now() });
  const here = new URL(target.url).hostname.replaceAll(/[[\]]/g, '');
  const apiKey = randomBytes(24).toString('base64url');
  shop.behave({ callbacks: { url: new URL('/shop-update/', target.url).href, apiKey } });
  const settings = {
    shopUrl: shop.shopUrl,
    callbackApiKeys: [apiKey],
    callbackAllowedIps: [...new Set(['127.0.0.1', '::1', here])],
  };
  const answer = await call(target, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(settings),
  });
  if (!answer.ok) throw new Error(`the simulated shop was refused (${answer.status})`);
  terminal.say(`  shop     ${shop.url} (simulated; what it was told: /api/calls, /api/products)`);
  terminal.say();
}

/** No shop, or one that a former start has set. */
export function isSimulated(shopUrl: string | null): boolean {
  return shopUrl === null || /^http:\/\/127\.0\.0\.1:\d+\/rpc$/.test(shopUrl);
}

function call({ url, token }: LoadTarget, init: RequestInit = {}): Promise<Response> {
  const headers = { ...init.headers, Authorization: `Bearer ${token}` };
  return fetch(new URL('/api/shop-update/config', url), { ...init, headers });
}
