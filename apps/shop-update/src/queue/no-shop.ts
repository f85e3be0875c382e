import type { Caller, Payloads } from './shop-call.js';

const LOOK_AGAIN_MS = 60_000;

/** Where nothing is known of how the shop is told: everything waits. */
export const noShop: Caller & Payloads = {
  admit: async () => ({ reason: 'paused', forMs: LOOK_AGAIN_MS }),
  send: async () => ({ kind: 'failed', reason: 'connection', detail: 'there is no shop' }),
  build: async (_manager, _method, items) => ({
    params: null,
    sent: [],
    refused: items.map(({ itemId }) => ({ itemId, why: 'incomplete', detail: 'there is no shop' })),
  }),
};
