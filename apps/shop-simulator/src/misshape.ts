import type { Shape } from './behaviour.js';

/** A result made wrong in one way; of answers that are no result at all it is left as it is. */
export function misshape(result: unknown, shape: Shape | undefined): unknown {
  if (shape === undefined || !Array.isArray(result)) return result;
  const results = result as { product?: Record<string, unknown> }[];
  const change = (members: Record<string, unknown>) =>
    results.map((each) => (each.product ? { ...each, product: { ...each.product, ...members } } : each));
  if (shape === 'too_short') return results.slice(1);
  if (shape === 'shuffled') return results.toReversed();
  if (shape === 'no_ids') return change({ id: undefined, sku: undefined });
  if (shape === 'wrong_sku') return change({ seller_sku: 'SOMEBODY-ELSES' });
  if (shape === 'wrong_id') return change({ id: '1' });
  return results;
}
