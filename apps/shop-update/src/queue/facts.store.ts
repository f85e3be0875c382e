import type { EntityManager } from 'typeorm';
import type { ItemFacts } from './decide-entry.js';
import type { Topic } from './topics.js';

/** What an item is about: one waits for each of these at most. */
export interface ItemKey {
  readonly productSetId: number;
  readonly productId: number | null;
  readonly topic: Topic;
}

export function keyText({ productSetId, productId, topic }: ItemKey): string {
  return `${productSetId} ${productId ?? 0} ${topic}`;
}

/** What the shop knows of each of these, in the order given; the caller has locked the lanes. */
export async function readFacts(manager: EntityManager, keys: readonly ItemKey[]): Promise<ItemFacts[]> {
  if (keys.length === 0) return [];
  const rows: Omit<ItemFacts, keyof ItemKey>[] = await manager.query(
    `SELECT s.src_id IS NOT NULL AS "setIsKnown",
       k.product_id IS NULL OR (p.src_id IS NOT NULL AND p.shop_sku IS NOT NULL) AS "productIsKnown",
       (SELECT n.product_id FROM sync_item n
        WHERE n.product_set_id = k.product_set_id AND n.topic = 'new_product' AND n.finished_at IS NULL
          AND n.product_id IS DISTINCT FROM k.product_id ORDER BY n.id LIMIT 1) AS "newVariation"
     FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS k (product_set_id, product_id, place)
     LEFT JOIN product_set s ON s.id = k.product_set_id
     LEFT JOIN product p ON p.id = k.product_id
     ORDER BY k.place`,
    [keys.map(({ productSetId }) => productSetId), keys.map(({ productId }) => productId)],
  );
  return keys.map(({ productSetId, productId, topic }, index) => ({
    productSetId,
    productId,
    topic,
    ...(rows[index] as Omit<ItemFacts, keyof ItemKey>),
  }));
}
