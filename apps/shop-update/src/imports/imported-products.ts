import type { ImportObjectItemV1 } from '@lockstep/contracts';
import {
  allocateIds,
  answerEach,
  changing,
  checkFields,
  complete,
  findRows,
  type ItemAnswer,
  notThere,
  type OwnedType,
  parentId,
  type Refusal,
  referring,
  refuse,
} from '@lockstep/ownership';
import type { EntityManager } from 'typeorm';
import { PRODUCT_SHAPE, type ProductRecord, toProductRecord } from '../catalogue/product-body.js';
import { readProducts, saveProducts } from '../catalogue/products.store.js';
import { ProductChange } from './import-fields.js';
import { PRODUCT, PRODUCT_SET } from './imported-rows.js';

interface NewProduct {
  readonly productSetId: number | null;
  readonly sellerSku: string;
  readonly fields: ProductChange;
}

const KNOWN_FIELDS = new Set(['sku', ...Object.keys(PRODUCT_SHAPE.fields)]);

/** What a feed states beyond a product's own fields, such as a size, are attributes of it. */
function toChange({ fields, ...item }: ImportObjectItemV1): ImportObjectItemV1 {
  const entries = Object.entries(fields);
  const attributes = Object.fromEntries(entries.filter(([name]) => !KNOWN_FIELDS.has(name)));
  const own = Object.fromEntries(entries.filter(([name]) => KNOWN_FIELDS.has(name)));
  const all = Object.keys(attributes).length > 0 ? { ...own, attributes } : own;
  return { ...item, fields: all as ImportObjectItemV1['fields'] };
}

const update = changing(PRODUCT, ProductChange, async (manager, changes) => {
  const shown = await readProducts(
    manager,
    changes.map(({ id }) => id),
  );
  for (const { id, fields } of changes) {
    const product = shown.get(id);
    const { sku, attributes, ...own } = fields as ProductChange;
    if (!product) continue;
    Object.assign(product, sku === undefined ? {} : { sellerSku: sku }, own);
    product.attributes = { ...product.attributes, ...attributes };
  }
  await saveProducts(
    manager,
    [...shown.values()].map((product) => toProductRecord(product.id, product)),
  );
});

export const importedProducts: OwnedType = {
  create: (manager, items) => answerEach(items.map(toChange), readNew, (products) => createAll(manager, products)),
  update: (manager, items) => update(manager, items.map(toChange)),
  reference: referring(PRODUCT),
};

function readNew(item: ImportObjectItemV1): { readonly good: NewProduct } | Refusal {
  const refusal = checkFields(ProductChange, item.fields);
  if (refusal) return refusal;
  const fields = item.fields as ProductChange;
  const sellerSku = fields.sellerSku ?? fields.sku;
  if (sellerSku === undefined) return refuse('MISSING_REQUIRED_FIELD', 'A product needs a SKU.', 'sku');
  const productSetId = parentId(item, 'productSet', 'productSetId') ?? parentId(item, 'productSet', 'productId');
  if (productSetId === undefined) return refuse('MISSING_REQUIRED_LINK', 'A product belongs to a product set.');
  return { good: { productSetId, sellerSku, fields } };
}

async function createAll(manager: EntityManager, products: readonly NewProduct[]): Promise<ItemAnswer[]> {
  const setIds = products.map(({ productSetId }) => productSetId);
  const sets = await readSets(manager, await findRows(manager, PRODUCT_SET, setIds));
  const taken = await takenSkus(manager, sets, products);
  const ids = await allocateIds(manager, 'product_allocated_id_seq', products.length);
  const records: ProductRecord[] = [];
  const answers = products.map(({ productSetId, sellerSku, fields }, index): ItemAnswer => {
    const set = sets.get(productSetId ?? 0);
    if (!set) return notThere('productSet', { productSetId });
    const sku = `${set.sellerId} ${sellerSku}`;
    if (set.sellerId !== null && taken.has(sku)) {
      return refuse('SELLER_SKU_TAKEN', 'The seller has another product with this SKU.', 'sku');
    }
    taken.add(sku);
    const id = ids[index] as number;
    records.push(toProductRecord(id, { ...fields, price: fields.price ?? set.price, productSetId: set.id, sellerSku }));
    return complete({ productId: id });
  });
  await saveProducts(manager, records);
  return answers;
}

interface SetRow {
  id: number;
  sellerId: number | null;
  price: string | null;
}

async function readSets(manager: EntityManager, ids: ReadonlySet<number>): Promise<Map<number, SetRow>> {
  const rows: SetRow[] = await manager.query(
    'SELECT id, seller_id AS "sellerId", price::text FROM product_set WHERE id = ANY ($1::bigint[])',
    [[...ids]],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/** `<seller> <SKU>` of products that are there. */
async function takenSkus(
  manager: EntityManager,
  sets: ReadonlyMap<number, SetRow>,
  products: readonly NewProduct[],
): Promise<Set<string>> {
  const rows: { sku: string }[] = await manager.query(
    `SELECT seller_id || ' ' || seller_sku AS sku FROM product
     WHERE seller_id = ANY ($1::bigint[]) AND seller_sku = ANY ($2::text[]) AND NOT deleted`,
    [
      [...new Set([...sets.values()].flatMap(({ sellerId }) => sellerId ?? []))],
      products.map(({ sellerSku }) => sellerSku),
    ],
  );
  return new Set(rows.map(({ sku }) => sku));
}
