import type { NamedRows } from '@lockstep/ownership';

export const SELLER: NamedRows = { type: 'seller', table: 'seller', idNames: ['sellerId'], isBuried: true };
export const BRAND: NamedRows = { type: 'brand', table: 'brand', idNames: ['brandId'], isBuried: false };
export const CATEGORY: NamedRows = { type: 'category', table: 'category', idNames: ['categoryId'], isBuried: false };
export const LOCATION: NamedRows = { type: 'location', table: 'location', idNames: ['locationId'], isBuried: false };

/** Feeds of a shop call product sets products, and products variants. */
export const PRODUCT_SET: NamedRows = {
  type: 'productSet',
  table: 'product_set',
  idNames: ['productSetId', 'productId'],
  isBuried: true,
};
export const PRODUCT: NamedRows = {
  type: 'product',
  table: 'product',
  idNames: ['productId', 'variantId'],
  isBuried: true,
};
