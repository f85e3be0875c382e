import { describe, expect, it } from 'vitest';
import { readResults } from './read-results.js';

const LAMP = { product_id: '900101', seller_sku: 'LAMP-OAK-40', sku: 'LO410-900101' };
const DESK = { product_id: '900102', seller_sku: 'DESK-OAK', sku: 'DO-900102' };
const stock = (...entries: object[]) => ({ productsInfo: entries });
const success = (product: object) => ({ status: 'success', product });
const failure = { status: 'failure', error: { message: 'Stock failed to update', code: 0 } };
const lampDone = success({
  seller_sku: 'LAMP-OAK-40',
  sku: 'LO410-900101',
  id: '900101',
  config_id: null,
  updated_at: '2031-03-04 10:00:02',
});

describe('the results of updates', () => {
  it('belong to items by position; a failure may lack its product', () => {
    expect(readResults('Product.updateStock', stock(LAMP, DESK), [lampDone, failure])).toEqual([
      {
        kind: 'success',
        srcId: '900101',
        shopSku: 'LO410-900101',
        setSrcId: null,
        updatedAt: '2031-03-04 10:00:02',
      },
      { kind: 'failure', message: 'Stock failed to update', code: '0' },
    ]);
  });

  it('are compared as text, whether ids come as numbers or as text', () => {
    const [read] = readResults('Product.updateStock', stock(LAMP), [success({ id: 900101 })]) as object[];
    expect(read).toMatchObject({ kind: 'success', srcId: '900101' });
  });

  it.each([
    ['another SKU at the position', [success({ seller_sku: 'DESK-OAK' }), failure]],
    ['another id at the position', [success({ id: '900102' }), failure]],
    ['an id that is none', [success({ id: { is: '900101' } }), failure]],
    ['a status of its own', [{ status: 'queued' }, failure]],
    ['no object', ['success', failure]],
    ['a product that is none', [{ status: 'success', product: 'LAMP-OAK-40' }, failure]],
  ])('cannot be used one by one: %s', (_, result) => {
    const read = readResults('Product.updateStock', stock(LAMP, DESK), result) as { kind: string }[];
    expect(read.map(({ kind }) => kind)).toEqual(['unusable', 'failure']);
  });

  it('cannot be used at all when they are another number, or none', () => {
    const unusable = { unusable: expect.any(String) };
    expect(readResults('Product.updateStock', stock(LAMP, DESK), [lampDone])).toEqual(unusable);
    expect(readResults('Product.updateStock', stock(LAMP), [lampDone, lampDone])).toEqual(unusable);
    for (const result of [undefined, null, '<html>', {}, lampDone])
      expect(readResults('Product.updateStock', stock(LAMP), result)).toEqual(unusable);
  });

  it('that came in another order are refused for every item that was told apart', () => {
    const deskDone = success({ seller_sku: 'DESK-OAK', id: '900102' });
    const read = readResults('Product.updateStock', stock(LAMP, DESK), [deskDone, lampDone]) as { kind: string }[];
    expect(read.map(({ kind }) => kind)).toEqual(['unusable', 'unusable']);
  });
});

const create = (id: string, sku: string, config: string | null = null) => ({
  id_catalog_product: id,
  seller_sku: sku,
  config_id: config,
});
const made = (sku: string, id: string, config = '771200') =>
  success({ seller_sku: sku, sku: `S-${id}`, id, config_id: config, updated_at: '2031-03-04 10:00:02' });
const SET = { productsInfo: [create('61001', 'RED'), create('61002', 'BLUE')] };

describe('the result of a creation', () => {
  it('is one for its one item, with the ids of all variations', () => {
    expect(readResults('Product.createProducts', SET, [made('RED', '1'), made('BLUE', '2')])).toEqual([
      {
        kind: 'success',
        srcId: null,
        shopSku: null,
        setSrcId: '771200',
        updatedAt: '2031-03-04 10:00:02',
        made: [
          { productId: 61001, srcId: '1', shopSku: 'S-1', updatedAt: '2031-03-04 10:00:02' },
          { productId: 61002, srcId: '2', shopSku: 'S-2', updatedAt: '2031-03-04 10:00:02' },
        ],
      },
    ]);
  });

  it('is that of its variation where there is one', () => {
    const single = { productsInfo: [create('61003', 'GREEN', '771200')] };
    expect(readResults('Product.createProducts', single, [made('GREEN', '3')])).toMatchObject([
      { kind: 'success', srcId: '3', shopSku: 'S-3', setSrcId: '771200' },
    ]);
  });

  it('keeps what was made of a set that failed in part', () => {
    const result = [made('RED', '1'), { status: 'failure', error: { message: 'No brand' } }];
    expect(readResults('Product.createProducts', SET, result)).toMatchObject([
      { kind: 'failure', message: 'BLUE: No brand', setSrcId: '771200', made: [{ productId: 61001, srcId: '1' }] },
    ]);
  });

  it.each([
    ['an id is missing', [success({ seller_sku: 'RED', sku: 'S-1', config_id: '7' }), made('BLUE', '2')]],
    ['a SKU is missing', [success({ seller_sku: 'RED', id: '1', config_id: '7' }), made('BLUE', '2')]],
    ['the id of the set is missing', [success({ sku: 'S-1', id: '1' }), success({ sku: 'S-2', id: '2' })]],
    ['two variations have one id', [made('RED', '1'), made('BLUE', '1')]],
    ['they are in different sets', [made('RED', '1', '771200'), made('BLUE', '2', '771201')]],
    ['a SKU is not the one at its position', [made('BLUE', '1'), made('RED', '2')]],
  ])('cannot be used when %s', (_, result) => {
    expect(readResults('Product.createProducts', SET, result)).toMatchObject([{ kind: 'unusable' }]);
  });

  it('cannot be used when an existing set comes back as another', () => {
    const single = { productsInfo: [create('61003', 'GREEN', '771200')] };
    expect(readResults('Product.createProducts', single, [made('GREEN', '3', '771201')])).toMatchObject([
      { kind: 'unusable' },
    ]);
  });
});

describe('the result of images', () => {
  const params = { productSetSrcId: 771200, images: [{ url: 'https://img.example/a.jpg', hash: 'aa' }] };
  const read = (result: unknown) => readResults('Product.updateImageCollection', params, result);

  it('is an object', () => {
    const images = [{ uri: '/p/a.jpg', hash: 'aa', srcId: 501 }];
    expect(read({ productSetSrcId: 771200, images })).toMatchObject([{ kind: 'success' }]);
    expect(read([{ productSetSrcId: '771200', images }])).toMatchObject([{ kind: 'success' }]);
  });

  it('is a failure when a picture was not taken', () => {
    expect(read({ productSetSrcId: 771200, images: [false] })).toMatchObject([{ kind: 'failure' }]);
    expect(read({ status: 'failure', error: { message: 'No room' } })).toMatchObject([{ message: 'No room' }]);
  });

  it('cannot be used when it is of another set, another picture or another number', () => {
    expect(read({ productSetSrcId: 1, images: [] })).toEqual({ unusable: expect.any(String) });
    expect(read({ productSetSrcId: 771200, images: [] })).toMatchObject([{ kind: 'unusable' }]);
    expect(read({ productSetSrcId: 771200, images: [{ hash: 'bb' }] })).toMatchObject([{ kind: 'unusable' }]);
    expect(read('done')).toEqual({ unusable: expect.any(String) });
  });
});
