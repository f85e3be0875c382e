import type { ImportLinkItemV1 } from '@lockstep/contracts';
import type { OwnerWork } from '@lockstep/ownership';
import { Matches } from 'class-validator';
import type { EntityManager } from 'typeorm';
import { followSellers } from '../catalogue/product-sets.store.js';
import { tellingShop } from '../catalogue/tell-shop.js';
import { BRAND, CATEGORY, LOCATION, PRODUCT, PRODUCT_SET, SELLER } from './imported-rows.js';
import { linking, type Pair } from './linking.js';

class StockProperties {
  /** As text: feeds do not say of what kind a property is. */
  @Matches(/^\d{1,9}$/, { message: 'qty must be a whole number' })
  qty!: string;
}

/** What links with a message of their own do, by tag. */
export const importedLinks: Readonly<Record<string, OwnerWork<ImportLinkItemV1>>> = {
  categoryParent: linking(CATEGORY, CATEGORY, (manager, pairs) =>
    setColumn(manager, 'UPDATE category t SET parent_id = s.parent_id', pairs),
  ),
  categoryHero: linking(CATEGORY, PRODUCT_SET, (manager, pairs) =>
    setColumn(manager, 'UPDATE category t SET hero_product_set_id = s.parent_id', pairs),
  ),
  productHasBrand: linking(PRODUCT_SET, BRAND, ofSets(giveBrands)),
  productSetOfSeller: linking(PRODUCT_SET, SELLER, ofSets(giveToSellers)),
  productOfSeller: linking(PRODUCT_SET, SELLER, ofSets(giveToSellers)),
  productInCategory: linking(PRODUCT_SET, CATEGORY, ofSets(addCategories)),
  productRelated: linking(PRODUCT_SET, PRODUCT_SET, relate),
  variantStockedAt: (manager, items) => stockedAt(manager, items.map(withQuantityAsText)),
};

const stockedAt = linking<StockProperties>(
  PRODUCT,
  LOCATION,
  (manager, pairs) => {
    const products = pairs.map(({ childId }) => childId);
    return tellingShop(manager, { products }, () => placeStock(manager, pairs));
  },
  StockProperties,
);

type Write = (manager: EntityManager, pairs: readonly Pair[]) => Promise<void>;

/** A write of links whose children are sets, of which the shop must be told. */
function ofSets(write: Write): Write {
  return (manager, pairs) => {
    const sets = pairs.map(({ childId }) => childId);
    return tellingShop(manager, { sets }, () => write(manager, pairs));
  };
}

function withQuantityAsText(item: ImportLinkItemV1): ImportLinkItemV1 {
  const { qty, ...others } = item.properties ?? {};
  return qty === undefined ? item : { ...item, properties: { ...others, qty: String(qty) } };
}

/** Of several parents of one child the last wins. */
async function setColumn(
  manager: EntityManager,
  update: string,
  pairs: readonly Pair[],
  differs = 'true',
): Promise<void> {
  const last = new Map(pairs.map(({ childId, parentId }) => [childId, parentId]));
  await manager.query(
    `${update} FROM unnest($1::bigint[], $2::bigint[]) AS s (id, parent_id) WHERE t.id = s.id AND ${differs}`,
    [[...last.keys()], [...last.values()]],
  );
}

async function giveBrands(manager: EntityManager, pairs: readonly Pair[]): Promise<void> {
  await setColumn(
    manager,
    'UPDATE product_set t SET brand = s.parent_id::text, version = version + 1, updated_at = now()',
    pairs,
    't.brand IS DISTINCT FROM s.parent_id::text',
  );
}

async function giveToSellers(manager: EntityManager, pairs: readonly Pair[]): Promise<void> {
  await setColumn(
    manager,
    'UPDATE product_set t SET seller_id = s.parent_id, version = version + 1, updated_at = now()',
    pairs,
    't.seller_id IS DISTINCT FROM s.parent_id',
  );
  await followSellers(
    manager,
    pairs.map(({ childId }) => childId),
  );
}

/** The first category of a set that has none is also its primary one. */
async function addCategories(manager: EntityManager, pairs: readonly Pair[]): Promise<void> {
  await manager.query(
    `UPDATE product_set t
     SET categories = t.categories || a.added, primary_category = coalesce(t.primary_category, a.added[1]),
         version = t.version + 1, updated_at = now()
     FROM (
       SELECT s.id, array_agg(s.category ORDER BY s.place) AS added
       FROM (SELECT id, category, min(place) AS place
             FROM unnest($1::bigint[], $2::text[]) WITH ORDINALITY AS u (id, category, place) GROUP BY id, category) s
       JOIN product_set p ON p.id = s.id
       WHERE NOT s.category = ANY (p.categories)
       GROUP BY s.id
     ) a
     WHERE t.id = a.id`,
    [pairs.map(({ childId }) => childId), pairs.map(({ parentId }) => String(parentId))],
  );
}

async function relate(manager: EntityManager, pairs: readonly Pair[]): Promise<void> {
  await manager.query(
    `INSERT INTO product_set_relation (product_set_id, related_id)
     SELECT DISTINCT * FROM unnest($1::bigint[], $2::bigint[]) AS s (id, related_id) ORDER BY 1, 2
     ON CONFLICT DO NOTHING`,
    [pairs.map(({ childId }) => childId), pairs.map(({ parentId }) => parentId)],
  );
}

/** A newer quantity replaces the one that is there; what a product has is the sum over its locations. */
async function placeStock(manager: EntityManager, pairs: readonly Pair<StockProperties>[]): Promise<void> {
  const last = [...new Map(pairs.map((pair) => [`${pair.childId} ${pair.parentId}`, pair])).values()];
  await manager.query(
    `INSERT INTO location_stock AS t (product_id, location_id, quantity)
     SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::int[]) AS s (product_id, location_id, quantity) ORDER BY 1, 2
     ON CONFLICT (product_id, location_id) DO UPDATE SET quantity = excluded.quantity`,
    [
      last.map(({ childId }) => childId),
      last.map(({ parentId }) => parentId),
      last.map(({ properties }) => Number(properties.qty)),
    ],
  );
  await manager.query(
    `UPDATE product t SET stock = s.quantity, version = t.version + 1, updated_at = now()
     FROM (SELECT product_id, sum(quantity) AS quantity FROM location_stock
           WHERE product_id = ANY ($1::bigint[]) GROUP BY product_id) s
     WHERE t.id = s.product_id AND t.stock <> s.quantity`,
    [last.map(({ childId }) => childId)],
  );
}
