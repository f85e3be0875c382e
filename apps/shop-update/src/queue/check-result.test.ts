import { describe, expect, it } from 'vitest';
import { checkResult, type Holders } from './check-result.js';
import type { ItemResult } from './shop-call.js';

/** Set 1 and product 101 are at the shop as 71 and 9101; set 2 with product 201 is not. */
const HOLDERS = (set: number): Holders => ({
  product: (id) => ({ srcId: id === 101 ? '9101' : null }),
  set: { srcId: set === 1 ? '71' : null },
  productWith: (srcId) => (srcId === '9101' ? 101 : undefined),
  setWith: (srcId) => (srcId === '71' ? 1 : undefined),
});
const success = (srcId: string | null, setSrcId: string | null = null): Extract<ItemResult, { kind: 'success' }> => ({
  kind: 'success',
  srcId,
  shopSku: 'S',
  setSrcId,
  updatedAt: null,
});
const made = (productId: number, srcId: string) => ({ productId, srcId, shopSku: 'S', updatedAt: null });

describe('what a result means', () => {
  it.each<[string, { productSetId: number; productId: number | null }, ItemResult, object]>([
    [
      'an update',
      { productSetId: 1, productId: 101 },
      success('9101', '71'),
      { kind: 'synced', gains: { setSrcId: '71' } },
    ],
    ['an update that says no ids', { productSetId: 1, productId: 101 }, success(null), { kind: 'synced' }],
    ['another id for what has one', { productSetId: 1, productId: 101 }, success('9102'), { kind: 'bad_response' }],
    [
      'another id for a set that has one',
      { productSetId: 1, productId: 101 },
      success('9101', '72'),
      { kind: 'bad_response' },
    ],
    [
      'the id of another product',
      { productSetId: 2, productId: 201 },
      success('9101'),
      { kind: 'src_id_conflict', holder: { kind: 'holder', id: 101 } },
    ],
    [
      'the id of another set',
      { productSetId: 2, productId: null },
      { ...success(null, '71'), made: [made(201, '9201')] },
      { kind: 'src_id_conflict', holder: { kind: 'holder', id: 1, of: 'set' } },
    ],
    [
      'a set that is created with its products',
      { productSetId: 2, productId: null },
      { ...success(null, '72'), made: [made(201, '9201'), made(202, '9202')] },
      { kind: 'synced', gains: { products: [made(201, '9201'), made(202, '9202')], setSrcId: '72' } },
    ],
    [
      'one id for two of them',
      { productSetId: 2, productId: null },
      { ...success(null, '72'), made: [made(201, '9201'), made(202, '9201')] },
      { kind: 'bad_response' },
    ],
    [
      'a set that is created in part',
      { productSetId: 2, productId: null },
      { kind: 'failure', message: 'no', code: '7', made: [made(201, '9201')], setSrcId: '72' },
      { kind: 'refused', code: '7', gains: { products: [made(201, '9201')], setSrcId: '72' } },
    ],
    [
      'a refusal',
      { productSetId: 1, productId: 101 },
      { kind: 'failure', message: 'no', code: null },
      { kind: 'refused' },
    ],
    [
      'what cannot be read',
      { productSetId: 1, productId: 101 },
      { kind: 'unusable', detail: '?' },
      { kind: 'bad_response' },
    ],
  ])('%s', (_, item, result, meaning) => {
    expect(checkResult(item, result, HOLDERS(item.productSetId))).toMatchObject(meaning);
  });
});
