import { describe, expect, it } from 'vitest';
import { type ProductRow, toCreateEntry, toImageParams, toPriceEntry, toStockEntry, toUpdateEntry } from './bodies.js';

const ROW: ProductRow = {
  id: 61001,
  sellerSku: 'LAMP-OAK-40',
  title: 'Lamp Oak 40',
  description: 'Desk lamp',
  price: '59.00',
  specialPrice: '49.90',
  specialFromDate: '2031-03-01',
  specialToDate: '2031-03-31T22:00:00+02:00',
  stock: 25,
  consignmentStock: 3,
  status: 'active',
  qcStatus: 'approved',
  ean: '4006381333931',
  taxClass: '1',
  shipmentType: '2',
  attributes: { 12: 'active', 31: 40, 44: ['3', 4], 45: null, 46: true },
  shopSku: null,
  srcId: null,
  deleted: false,
  set: {
    id: 30455,
    sellerId: 52,
    name: 'Lamp Oak',
    brand: '87',
    attributeSet: '4',
    primaryCategory: '611',
    categories: ['611', '60', '1'],
    images: [{ url: 'https://img.example/a.jpg', hash: 'aa' }],
    price: '60.00',
    srcId: null,
    deleted: false,
  },
};
const KNOWN: ProductRow = { ...ROW, srcId: '900101', shopSku: 'LO410-900101', set: { ...ROW.set, srcId: '771200' } };

describe('what the shop is told', () => {
  it('of a new product: everything, its stock included', () => {
    expect(toCreateEntry(ROW, 'SellerCenter')).toEqual({
      approval_status: 1,
      attribute_set: '4',
      attributes: { 12: 'active', 31: '40', 44: ['3', '4'], 46: 'true' },
      brand: '87',
      primary_category: '611',
      categories: ['611', '60', '1'],
      config_id: null,
      description: 'Desk lamp',
      platform_identifier: 'SellerCenter',
      price: '59.00',
      product_identifier: '4006381333931',
      product_set: '30455',
      seller: '52',
      seller_sku: 'LAMP-OAK-40',
      shipment_type: '2',
      special_from_date: '2031-03-01 00:00:00',
      special_price: '49.90',
      special_to_date: '2031-03-31 20:00:00',
      status: 'active',
      stock: 25,
      tax_class: '1',
      title: 'Lamp Oak 40',
      id_catalog_product: '61001',
      shipment_matrix_template: [],
    });
  });

  it('of a change: the whole product by its ids, never its stock', () => {
    const entry = toUpdateEntry({ ...KNOWN, qcStatus: 'rejected', status: 'inactive' });
    expect(entry).toMatchObject({
      product_id: '900101',
      sku: 'LO410-900101',
      config_id: '771200',
      approval_status: 2,
      status: 'inactive',
    });
    expect(entry).not.toHaveProperty('stock');
    expect(toUpdateEntry({ ...KNOWN, deleted: true })).toMatchObject({ status: 'deleted' });
  });

  it('of a price: that of the set where the product has none of its own', () => {
    expect(
      toPriceEntry({ ...KNOWN, price: null, specialPrice: null, specialFromDate: null, specialToDate: null }),
    ).toEqual({
      product_id: '900101',
      config_id: '771200',
      seller_sku: 'LAMP-OAK-40',
      sku: 'LO410-900101',
      attribute_set: '4',
      price: '60.00',
      special_price: null,
      special_from_date: null,
      special_to_date: null,
    });
  });

  it('of stock: the one that has changed, as text', () => {
    const entry = { product_id: '900101', seller_sku: 'LAMP-OAK-40', sku: 'LO410-900101', seller_id: '52' };
    expect(toStockEntry(KNOWN, 'stock')).toEqual({ ...entry, quantity: '25' });
    expect(toStockEntry(KNOWN, 'consignment_stock_change')).toEqual({ ...entry, quantity: '3' });
  });

  it('of pictures: all of the set in their order, its id as a number', () => {
    expect(toImageParams(KNOWN.set)).toEqual({
      productSetSrcId: 771200,
      images: [{ url: 'https://img.example/a.jpg', hash: 'aa' }],
    });
  });
});
