import type { FieldRule, ImportTypes, LinkTagRule, ObjectTypeRule } from './import-types.js';

const text: FieldRule = { type: 'string' };
const requiredText: FieldRule = { type: 'string', required: true };
const email: FieldRule = { type: 'email', required: true };

function ownedBy(service: string, ownerType: string, rule: Partial<ObjectTypeRule> = {}): ObjectTypeRule {
  return { service, ownerType, fields: {}, identifiers: [], ...rule };
}

type Ends = Pick<LinkTagRule, 'child' | 'parent'>;

const NEITHER = {
  separateDependentLinkCreate: false,
  service: null,
  required: false,
  allowSelf: false,
  deferrable: false,
  properties: [],
};

function dependent(ends: Ends, rule: Partial<LinkTagRule> = {}): LinkTagRule {
  return { ...ends, linkType: 'Dependent', ...NEITHER, ...rule };
}

function independent(ends: Ends, service: string, rule: Partial<LinkTagRule> = {}): LinkTagRule {
  return { ...ends, linkType: 'Independent', ...NEITHER, service, ...rule };
}

/**
 * The types that a new installation has: a shop's catalogue, its orders and returns, and trainees. Feeds speak of products
 * and their variants; `shop-update`, which owns them, calls these a product set and its products.
 */
export const EXAMPLE_IMPORT_TYPES: ImportTypes = {
  objectTypes: {
    brand: ownedBy('shop-update', 'brand', { fields: { name: requiredText } }),
    category: ownedBy('shop-update', 'category', { fields: { name: requiredText } }),
    seller: ownedBy('shop-update', 'seller', { fields: { name: requiredText, active: { type: 'boolean' } } }),
    productSet: ownedBy('shop-update', 'productSet', {
      fields: { name: requiredText, brand: text, attributeSet: text, primaryCategory: text },
      identifiers: ['productSetId'],
    }),
    product: ownedBy('shop-update', 'productSet', {
      fields: {
        title: requiredText,
        price: { type: 'decimal', scale: 2 },
        tags: { type: 'string', list: true },
      },
      identifiers: ['productId'],
    }),
    variant: ownedBy('shop-update', 'product', {
      fields: { sku: requiredText, size: text },
    }),
    location: ownedBy('shop-update', 'location'),
    customer: ownedBy('returns', 'customer', { fields: { email } }),
    order: ownedBy('returns', 'order', { fields: { no: requiredText, date: { type: 'date' } } }),
    orderLine: ownedBy('returns', 'orderLine', { fields: { qty: { type: 'integer', min: 1, required: true } } }),
    return: ownedBy('returns', 'return', {
      fields: {
        customerReturnNumber: requiredText,
        returnType: { type: 'string', values: ['CUSTOMER', 'COURIER', 'UNKNOWN'] },
        courierName: text,
        returnTrackingId: text,
        refundAmount: { type: 'decimal', scale: 2, min: 0 },
        isCOD: { type: 'boolean' },
        requestedAt: { type: 'datetime' },
      },
    }),
    programme: ownedBy('tcs', 'programme', { fields: { number: text, name: requiredText, owner: text } }),
    trainee: ownedBy('tcs', 'trainee', {
      fields: { surname: requiredText, forenames: text, gmcNumber: text, role: text },
    }),
  },
  linkTags: {
    categoryParent: dependent({ child: 'category', parent: 'category' }),
    productHasBrand: dependent({ child: 'product', parent: 'brand' }),
    productInCategory: dependent(
      { child: 'product', parent: 'category' },
      { separateDependentLinkCreate: true, service: 'shop-update' },
    ),
    variantOfProduct: dependent({ child: 'variant', parent: 'product' }, { required: true }),
    productRelated: independent({ child: 'product', parent: 'product' }, 'shop-update'),
    variantStockedAt: independent({ child: 'variant', parent: 'location' }, 'shop-update', { properties: ['qty'] }),
    orderForCustomer: dependent({ child: 'order', parent: 'customer' }, { required: true }),
    lineOfOrder: dependent({ child: 'orderLine', parent: 'order' }, { required: true }),
    lineForVariant: dependent({ child: 'orderLine', parent: 'variant' }),
    customerReferredBy: independent({ child: 'customer', parent: 'customer' }, 'returns', { allowSelf: true }),
    categoryHero: dependent(
      { child: 'category', parent: 'product' },
      { separateDependentLinkCreate: true, deferrable: true, service: 'shop-update' },
    ),
    productSetOfSeller: dependent({ child: 'productSet', parent: 'seller' }, { required: true }),
    productOfSeller: dependent({ child: 'product', parent: 'seller' }),
    returnOfOrder: dependent({ child: 'return', parent: 'order' }, { required: true }),
    traineeOnProgramme: dependent(
      { child: 'trainee', parent: 'programme' },
      { separateDependentLinkCreate: true, service: 'tcs', properties: ['startDate', 'endDate'] },
    ),
  },
};
