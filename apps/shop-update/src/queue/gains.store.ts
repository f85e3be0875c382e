import type { EntityManager } from 'typeorm';
import type { Gains, Holders } from './check-result.js';
import type { Item } from './item.js';
import type { ItemResult } from './shop-call.js';

interface IdRow {
  readonly id: number;
  /** Of the shop. */
  readonly srcId: string | null;
}

/** Ids that the shop has given to sets and products, as the caller has locked them. */
export interface KnownCatalogue {
  readonly products: ReadonlyMap<number, IdRow>;
  readonly sets: ReadonlyMap<number, IdRow>;
}

/**
 * Locks what answers are written to, sets first and then products, as every write of the catalogue does before it comes to
 * the lanes. Only creations give ids to sets, and to products that the call does not name by themselves.
 */
export async function lockCatalogue(
  manager: EntityManager,
  items: readonly { readonly productSetId: number; readonly productId: number | null }[],
  { creates }: { readonly creates: boolean },
): Promise<KnownCatalogue> {
  const setIds = [...new Set(items.map(({ productSetId }) => productSetId))];
  const productIds = items.flatMap(({ productId }) => productId ?? []);
  const [sets, products] = await Promise.all([
    manager.query<IdRow[]>(
      `SELECT id, src_id AS "srcId" FROM product_set WHERE id = ANY ($1::bigint[]) ORDER BY id${creates ? ' FOR NO KEY UPDATE' : ''}`,
      [setIds],
    ),
    creates ? lockProducts(manager, 'product_set_id', setIds) : lockProducts(manager, 'id', productIds),
  ]);
  return { sets: byId(sets), products };
}

/** As {@link lockCatalogue} where nothing is created: what the shop calls the sets has been read, and stays. */
export async function lockKnownCatalogue(
  manager: EntityManager,
  items: readonly {
    readonly productSetId: number;
    readonly productId: number | null;
    readonly setSrcId: string | null;
  }[],
): Promise<KnownCatalogue> {
  const productIds = items.flatMap(({ productId }) => productId ?? []);
  const sets = items.map(({ productSetId, setSrcId }) => ({ id: productSetId, srcId: setSrcId }));
  return { sets: byId(sets), products: await lockProducts(manager, 'id', productIds) };
}

async function lockProducts(
  manager: EntityManager,
  by: 'id' | 'product_set_id',
  ids: readonly number[],
): Promise<Map<number, IdRow>> {
  if (ids.length === 0) return new Map();
  const rows: IdRow[] = await manager.query(
    `SELECT id, src_id AS "srcId" FROM product WHERE ${by} = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE`,
    [ids],
  );
  return byId(rows);
}

/** What results are held against: ids known of what they are about, and whoever else has the ids that they give. */
export async function readHolders(
  manager: EntityManager,
  known: KnownCatalogue,
  answered: readonly { readonly item: Item; readonly result: ItemResult }[],
): Promise<(item: Item) => Holders> {
  const newProducts = new Set<string>();
  const newSets = new Set<string>();
  for (const { item, result } of answered) {
    if (result.kind === 'unusable') continue;
    const given = result.kind === 'success' ? [{ productId: item.productId ?? 0, srcId: result.srcId }] : [];
    for (const { productId, srcId } of [...given, ...(result.made ?? [])]) {
      if (srcId !== null && known.products.get(productId)?.srcId !== srcId) newProducts.add(srcId);
    }
    const { setSrcId } = result;
    if (setSrcId && known.sets.get(item.productSetId)?.srcId !== setSrcId) newSets.add(setSrcId);
  }
  const productOf = await readWhoHas(manager, 'product', newProducts);
  const setOf = await readWhoHas(manager, 'product_set', newSets);
  return ({ productSetId }) => ({
    product: (id) => known.products.get(id),
    set: known.sets.get(productSetId),
    productWith: (srcId) => productOf.get(srcId),
    setWith: (srcId) => setOf.get(srcId),
  });
}

async function readWhoHas(
  manager: EntityManager,
  table: 'product' | 'product_set',
  srcIds: ReadonlySet<string>,
): Promise<Map<string, number>> {
  if (srcIds.size === 0) return new Map();
  const rows: { id: number; srcId: string }[] = await manager.query(
    `SELECT id, src_id AS "srcId" FROM ${table} WHERE src_id = ANY ($1::text[])`,
    [[...srcIds]],
  );
  return new Map(rows.map(({ id, srcId }) => [srcId, id]));
}

function byId(rows: readonly IdRow[]): Map<number, IdRow> {
  return new Map(rows.map((row) => [row.id, row]));
}

/** Writes down what the shop has said; what it does not name stays, and so does a stamp that is newer than one that comes late. */
export async function writeGains(
  manager: EntityManager,
  known: KnownCatalogue,
  gained: readonly { readonly productSetId: number; readonly gains: Gains }[],
): Promise<void> {
  const products = gained.flatMap(({ gains }) => gains.products);
  const sets = gained.flatMap(({ productSetId, gains: { setSrcId } }) =>
    setSrcId && known.sets.get(productSetId)?.srcId !== setSrcId ? [{ productSetId, setSrcId }] : [],
  );
  const written: Promise<unknown>[] = [];
  if (products.length > 0) {
    const values = [
      products.map(({ productId }) => productId),
      products.map(({ srcId }) => srcId),
      products.map(({ shopSku }) => shopSku),
      products.map(({ updatedAt }) => updatedAt),
    ];
    const update = manager.query(
      `UPDATE product p
       SET src_id = coalesce(s.src_id, p.src_id), shop_sku = coalesce(s.shop_sku, p.shop_sku),
         src_updated_at = greatest(s.updated_at, p.src_updated_at), version = p.version + 1, updated_at = now()
       FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS s (id, src_id, shop_sku, updated_at)
       WHERE p.id = s.id AND (p.src_id, p.shop_sku, p.src_updated_at) IS DISTINCT FROM
         (coalesce(s.src_id, p.src_id), coalesce(s.shop_sku, p.shop_sku), greatest(s.updated_at, p.src_updated_at))`,
      values,
    );
    written.push(update);
  }
  if (sets.length > 0) {
    const update = manager.query(
      `UPDATE product_set p SET src_id = s.src_id, version = p.version + 1, updated_at = now()
       FROM unnest($1::bigint[], $2::text[]) AS s (id, src_id) WHERE p.id = s.id AND p.src_id IS NULL`,
      [sets.map(({ productSetId }) => productSetId), sets.map(({ setSrcId }) => setSrcId)],
    );
    written.push(update);
  }
  await Promise.all(written);
}
