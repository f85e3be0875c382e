import { describe, expect, it } from 'vitest';
import { refusalsOf, topicsOfRefresh } from './decide-reupload.js';

const FINE = { isSellerActive: true, status: 'active', qcStatus: 'approved' };

describe('uploading a product again', () => {
  it.each([
    [{}, []],
    [{ isSellerActive: false }, ['SELLER_INACTIVE']],
    [{ status: 'inactive' }, ['PRODUCT_INACTIVE']],
    [{ status: 'deleted', qcStatus: 'pending' }, ['PRODUCT_INACTIVE', 'PRODUCT_NOT_APPROVED']],
    [{ qcStatus: 'rejected' }, ['PRODUCT_NOT_APPROVED']],
  ])('with %j is refused for %j', (over, refusals) => expect(refusalsOf({ ...FINE, ...over })).toEqual(refusals));

  it.each([
    ['a set the shop does not know', null, null, true, ['new_product_set']],
    ['a new variation', '7', null, true, ['new_product']],
    ['a variation that is there', '7', '9', true, ['content', 'price', 'status', 'qc_status_change', 'stock']],
    ['a variation that is not approved', '7', null, false, []],
  ] as const)('tells the shop of %s, never of pictures', (_, setSrcId, srcId, isOffered, topics) => {
    expect(topicsOfRefresh({ srcId: setSrcId }, { srcId, isOffered })).toEqual(topics);
  });
});
