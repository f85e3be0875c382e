import { describe, expect, it } from 'vitest';
import { changesBetween, type ProductState, type SetState, topicsOfProduct, topicsOfSet } from './topics-of-change.js';

const KNOWN: ProductState = {
  id: 101,
  productSetId: 1,
  sellerId: 1,
  deleted: false,
  status: 'active',
  qcStatus: 'approved',
  srcId: '9101',
  content: 'a',
  price: '59.00',
  stock: 25,
  consignmentStock: 0,
};
const UNKNOWN: ProductState = { ...KNOWN, srcId: null };
const WAITING_FOR_QC: ProductState = { ...UNKNOWN, qcStatus: 'pending' };
const AT_SHOP = { srcId: '71' };
const NOT_THERE = { srcId: null };

describe('what the shop must be told of a product', () => {
  it.each<[string, ProductState | undefined, ProductState, { srcId: string | null }, string[]]>([
    ['nothing of one that quality control has not seen', undefined, WAITING_FOR_QC, NOT_THERE, []],
    ['a new set, once its first product is approved', WAITING_FOR_QC, UNKNOWN, NOT_THERE, ['new_product_set']],
    ['a new set, when an approved product is made', undefined, UNKNOWN, NOT_THERE, ['new_product_set']],
    ['a new product of a set that the shop has', WAITING_FOR_QC, UNKNOWN, AT_SHOP, ['new_product']],
    [
      'nothing of one that nobody sells',
      { ...WAITING_FOR_QC, sellerId: null },
      { ...UNKNOWN, sellerId: null },
      NOT_THERE,
      [],
    ],
    ['a new set, once somebody sells it', { ...UNKNOWN, sellerId: null }, UNKNOWN, NOT_THERE, ['new_product_set']],
    ['its price', KNOWN, { ...KNOWN, price: '60.00' }, AT_SHOP, ['price']],
    ['its stock', KNOWN, { ...KNOWN, stock: 24 }, AT_SHOP, ['stock']],
    ['its consignment stock', KNOWN, { ...KNOWN, consignmentStock: 1 }, AT_SHOP, ['consignment_stock_change']],
    ['its status', KNOWN, { ...KNOWN, status: 'inactive' }, AT_SHOP, ['status']],
    ['that it is not allowed any more', KNOWN, { ...KNOWN, qcStatus: 'rejected' }, AT_SHOP, ['qc_status_change']],
    ['its content', KNOWN, { ...KNOWN, content: 'b' }, AT_SHOP, ['content']],
    [
      'all that changed, in the order of the topics',
      KNOWN,
      { ...KNOWN, stock: 1, content: 'b' },
      AT_SHOP,
      ['content', 'stock'],
    ],
    ['nothing where nothing changed', KNOWN, KNOWN, AT_SHOP, []],
    ['what changes before it is created', WAITING_FOR_QC, { ...WAITING_FOR_QC, stock: 1 }, NOT_THERE, ['stock']],
    [
      'nothing of a refusal before it was ever offered',
      WAITING_FOR_QC,
      { ...WAITING_FOR_QC, qcStatus: 'rejected' },
      AT_SHOP,
      [],
    ],
    ['that it is gone', KNOWN, { ...KNOWN, deleted: true }, AT_SHOP, ['status']],
    ['nothing where the shop never had it', UNKNOWN, { ...UNKNOWN, deleted: true }, AT_SHOP, []],
  ])('%s', (_, before, after, set, topics) => {
    expect(topicsOfProduct(before, after, set)).toEqual(topics);
  });

  it('everything, where it comes back', () => {
    expect(topicsOfProduct({ ...KNOWN, deleted: true }, KNOWN, AT_SHOP)).toHaveLength(6);
  });
});

describe('what the shop must be told of a set', () => {
  const SET: SetState = {
    id: 1,
    sellerId: 1,
    deleted: false,
    srcId: '71',
    content: 'a',
    images: '[]',
    hasImages: false,
  };
  const PICTURED = { ...SET, images: '[1]', hasImages: true };

  it.each<[string, SetState | undefined, SetState, string[]]>([
    ['its pictures, when it is made with some', undefined, PICTURED, ['images']],
    ['nothing, when it is made without', undefined, SET, []],
    ['its pictures, when they change', SET, PICTURED, ['images']],
    ['that it has none any more', PICTURED, SET, ['images']],
    ['its pictures, once somebody sells it', { ...PICTURED, sellerId: null }, PICTURED, ['images']],
    ['nothing while nobody does', undefined, { ...PICTURED, sellerId: null }, []],
  ])('%s', (_, before, after, topics) => {
    expect(topicsOfSet(before, after)).toEqual(topics);
  });

  it('its content with each of its products that the shop has or gets', () => {
    const before = {
      sets: new Map([[1, SET]]),
      products: new Map([KNOWN, WAITING_FOR_QC].map((p, i) => [101 + i, { ...p, id: 101 + i }])),
    };
    const after = { ...before, sets: new Map([[1, { ...SET, content: 'b' }]]) };
    expect(changesBetween(before, after, [1])).toEqual([
      { productSetId: 1, productId: 101, topics: ['content'], isGone: false },
    ]);
  });

  it('that a product has left it for another', () => {
    const other = { ...SET, id: 2 };
    const before = { sets: new Map([[1, SET]]), products: new Map([[101, KNOWN]]) };
    const after = { sets: new Map([[2, other]]), products: new Map([[101, { ...KNOWN, productSetId: 2 }]]) };
    expect(changesBetween(before, after, [])).toEqual([
      { productSetId: 2, productId: 101, topics: ['content'], isGone: false, formerSetId: 1 },
    ]);
  });
});
