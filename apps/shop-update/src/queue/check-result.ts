import type { Blocker } from './decide-entry.js';
import type { ItemResult, MadeProduct } from './shop-call.js';

/** What the shop has said of a product before: null where it has not. */
export interface KnownIds {
  readonly srcId: string | null;
}

/** What of the catalogue an answer is held against. */
export interface Holders {
  readonly product: (productId: number) => KnownIds | undefined;
  readonly set: KnownIds | undefined;
  /** Who has this id of the shop. */
  readonly productWith: (srcId: string) => number | undefined;
  readonly setWith: (srcId: string) => number | undefined;
}

/** What the shop has said of a product; null where it has not. */
export type GainedProduct = Omit<MadeProduct, 'srcId'> & { readonly srcId: string | null };

/** What is written down of an answer. */
export interface Gains {
  readonly products: readonly GainedProduct[];
  readonly setSrcId: string | null;
}

export type CheckedResult =
  | { readonly kind: 'synced'; readonly gains: Gains }
  /** The shop has refused the item; what it has made of it all the same is kept. */
  | { readonly kind: 'refused'; readonly message: string; readonly code: string | null; readonly gains: Gains }
  | { readonly kind: 'bad_response'; readonly detail: string }
  | { readonly kind: 'src_id_conflict'; readonly detail: string; readonly holder: Blocker };

/** What an item's result means, held against the ids that are given already. An id of somebody else changes nothing. */
export function checkResult(
  { productSetId, productId }: { readonly productSetId: number; readonly productId: number | null },
  result: ItemResult,
  holders: Holders,
): CheckedResult {
  if (result.kind === 'unusable') return { kind: 'bad_response', detail: result.detail };
  const gains = toGains(productId, result);
  const wrong = findWrongId(productSetId, gains, holders);
  if (wrong) return wrong;
  if (result.kind === 'success') return { kind: 'synced', gains };
  return { kind: 'refused', message: result.message, code: result.code, gains };
}

function toGains(productId: number | null, result: Exclude<ItemResult, { kind: 'unusable' }>): Gains {
  const made = (result.made ?? []).filter((product) => product.productId !== productId);
  const setSrcId = result.setSrcId ?? null;
  if (result.kind === 'failure' || productId === null || made.length > 0) return { products: made, setSrcId };
  const { srcId, shopSku, updatedAt } = result;
  return { products: [{ productId, srcId, shopSku, updatedAt }], setSrcId };
}

function findWrongId(productSetId: number, { products, setSrcId }: Gains, holders: Holders): CheckedResult | undefined {
  const given = new Set<string>();
  for (const { productId, srcId } of products) {
    if (srcId === null) continue;
    const known = holders.product(productId)?.srcId ?? null;
    if (known !== null && known !== srcId) {
      return { kind: 'bad_response', detail: `product ${productId} is ${known} at the shop, the answer says ${srcId}` };
    }
    const holder = holders.productWith(srcId);
    if (holder !== undefined && holder !== productId) {
      const detail = `the shop gives product ${productId} the id ${srcId}, which is that of product ${holder}`;
      return { kind: 'src_id_conflict', detail, holder: { kind: 'holder', id: holder } };
    }
    if (given.has(srcId)) return { kind: 'bad_response', detail: `the shop gives the id ${srcId} to several products` };
    given.add(srcId);
  }
  if (setSrcId === null) return undefined;
  const known = holders.set?.srcId ?? null;
  if (known !== null && known !== setSrcId) {
    return { kind: 'bad_response', detail: `set ${productSetId} is ${known} at the shop, the answer says ${setSrcId}` };
  }
  const holder = holders.setWith(setSrcId);
  if (holder === undefined || holder === productSetId) return undefined;
  const detail = `the shop gives set ${productSetId} the id ${setSrcId}, which is that of set ${holder}`;
  return { kind: 'src_id_conflict', detail, holder: { kind: 'holder', id: holder, of: 'set' } };
}
