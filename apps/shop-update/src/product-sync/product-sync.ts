import { Clock } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { TOPIC_LABELS } from '../items/item-labels.js';
import { ItemLists } from '../items/item-lists.js';
import { TOPICS, type Topic } from '../queue/topics.js';
import { ShopSettings } from '../shop-config/shop-settings.store.js';
import { explainTopic, type LiveFacts, whyNotLive } from './explain-topic.js';
import type { ProductSyncAnswer } from './product-sync.answer.js';

interface ProductRow extends LiveFacts {
  readonly productSetId: number;
  readonly sellerSku: string;
  readonly title: string | null;
  readonly setSrcId: string | null;
}

interface TopicRow {
  readonly topic: Topic;
  readonly itemId: number | null;
  readonly lastSyncedAt: Date | null;
}

/** Items of the product, and those of its whole set. */
const TOPICS_SQL = `
  SELECT topic, max(id) FILTER (WHERE finished_at IS NULL) AS "itemId",
    max(finished_at) FILTER (WHERE status = 'synced') AS "lastSyncedAt"
  FROM (SELECT topic, id, finished_at, status FROM sync_item WHERE product_id = $1
        UNION ALL
        SELECT topic, id, finished_at, status FROM sync_item
        WHERE product_set_id = $2 AND product_id IS NULL) AS items
  GROUP BY topic`;

/** "Why is this product not live?" */
@Injectable()
export class ProductSync {
  constructor(
    private readonly dataSource: DataSource,
    private readonly settings: ShopSettings,
    private readonly lists: ItemLists,
    private readonly clock: Clock,
  ) {}

  /** For a seller without the texts of errors, which may tell of our inside, and without ids of ours. */
  async explain(productId: number, isForSeller = false): Promise<ProductSyncAnswer | undefined> {
    const { manager } = this.dataSource;
    const product = await readProduct(manager, productId);
    if (!product) return undefined;
    const settings = await this.settings.current(manager);
    const rows: TopicRow[] = await manager.query(TOPICS_SQL, [productId, product.productSetId]);
    const known = new Map(rows.map((row) => [row.topic, row]));
    const ids = rows.flatMap(({ itemId }) => (itemId === null ? [] : [itemId]));
    const items = new Map((await this.lists.show(manager, ids, settings)).map((item) => [item.id, item]));
    const isCreated = product.srcId !== null;
    const topics = TOPICS.filter((topic) => concerns(topic, product, known)).map((topic) => {
      const row = known.get(topic);
      const shown = row?.itemId ? items.get(row.itemId) : undefined;
      const item = shown && isForSeller ? { ...shown, lastError: null } : shown;
      const lastSyncedAt = row?.lastSyncedAt?.toISOString() ?? null;
      const facts = { topic, item, lastSyncedAt, isCreated, maxRetries: settings.maxRetries };
      return {
        topic,
        topicLabel: TOPIC_LABELS[topic],
        ...explainTopic(facts),
        lastSyncedAt,
        itemId: isForSeller ? null : (item?.id ?? null),
      };
    });
    const reasons = whyNotLive(product, topics);
    return {
      productId,
      sellerSku: product.sellerSku,
      sku: product.shopSku,
      title: product.title,
      isLive: reasons.length === 0,
      headline: toHeadline(reasons, topics),
      reasons,
      topics,
      asOf: this.clock.now().toISOString(),
    };
  }
}

/** Creations only while they are to come or being made; pictures only where there was something to say. */
function concerns(topic: Topic, product: ProductRow, known: ReadonlyMap<Topic, TopicRow>): boolean {
  const isOpen = (known.get(topic)?.itemId ?? null) !== null;
  if (topic === 'new_product_set') return isOpen || product.setSrcId === null;
  if (topic === 'new_product') return isOpen || (product.setSrcId !== null && product.srcId === null);
  return topic !== 'images' || known.has(topic);
}

function toHeadline(reasons: readonly string[], topics: ProductSyncAnswer['topics']): string {
  const late = topics.filter(({ state }) => state !== 'in_sync' && state !== 'never_sent').length;
  if (reasons.length > 0) return `It is not live. ${reasons[0]}`;
  return late === 0
    ? 'It is live, and the shop knows everything.'
    : `It is live; the shop does not know ${late} of its latest changes yet.`;
}

async function readProduct(manager: EntityManager, id: number): Promise<ProductRow | undefined> {
  const [row]: ProductRow[] = await manager.query(
    `SELECT p.product_set_id AS "productSetId", p.seller_sku AS "sellerSku", p.title, p.deleted AS "isDeleted", p.status,
       p.qc_status AS "qcStatus", p.src_id AS "srcId", p.shop_sku AS "shopSku", s.src_id AS "setSrcId",
       s.seller_id IS NOT NULL AS "hasSeller", coalesce(l.active AND NOT l.deleted, false) AS "isSellerActive"
     FROM product p JOIN product_set s ON s.id = p.product_set_id LEFT JOIN seller l ON l.id = s.seller_id
     WHERE p.id = $1`,
    [id],
  );
  return row;
}
