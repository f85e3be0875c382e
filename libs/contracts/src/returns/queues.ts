import { defineQueue } from '../message.js';

/** The exchange every message of returns travels on. */
export const RETURNS_EXCHANGE = 'returns.exchange';

/** A page that another worker has in hand is asked for again after each of these; the longest is beyond any lease. */
const RETRY_DELAYS_MS = [10_000, 60_000, 300_000];

/** Claimed windows that are to be planned. */
export const returnSyncQueue = defineQueue({
  name: 'returnSync',
  consumer: 'returns',
  retryDelaysMs: RETRY_DELAYS_MS,
});

/** Pages of planned windows that are to be indexed. */
export const returnSyncProcessingQueue = defineQueue({
  name: 'returnSyncProcessing',
  consumer: 'returns',
  retryDelaysMs: RETRY_DELAYS_MS,
});
