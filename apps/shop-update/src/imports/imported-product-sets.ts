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
  referring,
  refuse,
} from '@lockstep/ownership';
import type { EntityManager } from 'typeorm';
import { toProductSetRecord } from '../catalogue/product-set-body.js';
import { readProductSets, saveProductSets } from '../catalogue/product-sets.store.js';
import { tellingShop } from '../catalogue/tell-shop.js';
import { ProductSetChange } from './import-fields.js';
import { BRAND, CATEGORY, PRODUCT_SET, SELLER } from './imported-rows.js';

/** A product set to be created, and the parents that are linked with it at once: absent, or an id that may be wrong. */
interface NewProductSet {
  readonly name: string;
  readonly fields: ProductSetChange;
  readonly sellerId: number | null | undefined;
  readonly brandId: number | null | undefined;
  readonly categoryId: number | null | undefined;
}

export const importedProductSets: OwnedType = {
  create: (manager, items) => answerEach(items, readNew, (sets) => createAll(manager, sets)),
  update: changing(PRODUCT_SET, ProductSetChange, async (manager, changes) => {
    const shown = await readProductSets(
      manager,
      changes.map(({ id }) => id),
    );
    const extras = new Map<number, SetExtras>();
    for (const { id, fields } of changes) {
      const { title, price, tags, ...own } = fields as ProductSetChange;
      Object.assign(shown.get(id) ?? {}, title === undefined ? {} : { name: title }, own);
      const former = extras.get(id);
      extras.set(id, { id, price: price ?? former?.price ?? null, tags: tags ?? former?.tags ?? null });
    }
    await saveProductSets(
      manager,
      [...shown.values()].map((set) => toProductSetRecord(set.id, set)),
    );
    await tellingShop(manager, { sets: [...extras.keys()] }, () => stateExtras(manager, [...extras.values()], 1));
  }),
  reference: referring(PRODUCT_SET),
};

function readNew(item: ImportObjectItemV1): { readonly good: NewProductSet } | ReturnType<typeof refuse> {
  const refusal = checkFields(ProductSetChange, item.fields);
  if (refusal) return refusal;
  const fields = item.fields as ProductSetChange;
  const name = fields.name ?? fields.title;
  if (name === undefined) return refuse('MISSING_REQUIRED_FIELD', 'A product set needs a name or a title.', 'name');
  const atOnce = { separate: false };
  return {
    good: {
      name,
      fields,
      sellerId: parentId(item, 'seller', 'sellerId', atOnce),
      brandId: parentId(item, 'brand', 'brandId', atOnce),
      categoryId: parentId(item, 'category', 'categoryId', atOnce),
    },
  };
}

async function createAll(manager: EntityManager, sets: readonly NewProductSet[]): Promise<ItemAnswer[]> {
  const known = {
    seller: await findRows(
      manager,
      SELLER,
      sets.map(({ sellerId }) => sellerId),
    ),
    brand: await findRows(
      manager,
      BRAND,
      sets.map(({ brandId }) => brandId),
    ),
    category: await findRows(
      manager,
      CATEGORY,
      sets.map(({ categoryId }) => categoryId),
    ),
  };
  const ids = await allocateIds(manager, 'product_set_allocated_id_seq', sets.length);
  const answers = sets.map((set, index): ItemAnswer => {
    const { sellerId, brandId, categoryId } = set;
    if (sellerId !== undefined && !known.seller.has(sellerId ?? 0)) return notThere('seller', { sellerId });
    if (brandId !== undefined && !known.brand.has(brandId ?? 0)) return notThere('brand', { brandId });
    if (categoryId !== undefined && !known.category.has(categoryId ?? 0)) return notThere('category', { categoryId });
    return complete({ productSetId: ids[index] as number });
  });
  const good = sets.flatMap((set, index) =>
    answers[index]?.kind === 'complete' ? [{ id: ids[index] as number, ...set }] : [],
  );
  await saveProductSets(
    manager,
    good.map(({ id, name, fields, sellerId, brandId, categoryId }) =>
      toProductSetRecord(id, {
        sellerId: sellerId ?? null,
        name,
        brand: fields.brand ?? brandId ?? null,
        attributeSet: fields.attributeSet ?? null,
        primaryCategory: fields.primaryCategory ?? categoryId ?? null,
        categories: [...(fields.categories ?? []), ...(categoryId ? [categoryId] : [])],
      }),
    ),
  );
  const extras = good.map(({ id, fields: { price = null, tags = null } }) => ({ id, price, tags }));
  await stateExtras(manager, extras, 0);
  return answers;
}

/** What only imports state of a product set; null stays as it is. */
interface SetExtras {
  readonly id: number;
  readonly price: string | null;
  readonly tags: readonly string[] | null;
}

/** Products that have no price but the set's follow it. `raise`: by how much a change raises the set's version. */
async function stateExtras(manager: EntityManager, extras: readonly SetExtras[], raise: 0 | 1): Promise<void> {
  const stated = extras.filter(({ price, tags }) => price !== null || tags !== null);
  if (stated.length === 0) return;
  await manager.query(
    `WITH stated AS (
       SELECT * FROM json_to_recordset($1) AS s (id bigint, price numeric(14, 2), tags text[])),
     former AS (SELECT t.id, t.price FROM product_set t JOIN stated USING (id)),
     changed AS (
       UPDATE product_set t
       SET price = coalesce(s.price, t.price), tags = coalesce(s.tags, t.tags),
           version = t.version + $2, updated_at = now()
       FROM stated s
       WHERE t.id = s.id AND (t.price, t.tags) IS DISTINCT FROM (coalesce(s.price, t.price), coalesce(s.tags, t.tags)))
     UPDATE product p SET price = s.price, version = p.version + 1, updated_at = now()
     FROM stated s JOIN former f USING (id)
     WHERE p.product_set_id = s.id AND s.price IS NOT NULL AND NOT p.deleted
       AND s.price IS DISTINCT FROM f.price AND p.price IS NOT DISTINCT FROM f.price`,
    [JSON.stringify(stated), raise],
  );
}
