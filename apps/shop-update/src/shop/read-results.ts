import type { ItemResult } from '../queue/shop-call.js';
import type { ShopMethod } from '../queue/topics.js';

/** An answer of which nothing can be used, and why. */
export interface UnusableAnswer {
  readonly unusable: string;
}

/** placeholder */
export function readResults(
  _method: ShopMethod,
  _params: Readonly<Record<string, unknown>>,
  _result: unknown,
): ItemResult[] | UnusableAnswer {
  return { unusable: 'not yet' };
}
