import { inTransaction } from '@lockstep/database';
import { ProblemError } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { notFound } from '../catalogue/catalogue-problems.js';
import type { Change } from '../catalogue/topics-of-change.js';
import { enqueueChanges } from '../queue/enqueue.js';
import { readFacts } from '../queue/facts.store.js';
import { readItems } from '../queue/item.js';
import { Journal } from '../queue/journal.js';
import { lockLanes, settleLanes } from '../queue/lane.store.js';
import { QueueTime } from '../queue/queue-time.js';
import { absorbFollowers } from '../queue/release.js';
import { ShopSettings } from '../shop-config/shop-settings.store.js';
import { type ReuploadFacts, refusalsOf, topicsOfRefresh } from './decide-reupload.js';
import { beginAgain } from './item-moves.js';
import type { ReuploadAnswer } from './reupload.answer.js';

interface ProductRow extends ReuploadFacts {
  readonly productSetId: number;
  readonly setSrcId: string | null;
}

/** Given up, or stopped by an answer that could not be used. */
const BROKEN_SQL = `i.product_set_id = $1 AND i.finished_at IS NULL AND i.topic <> 'images'
  AND (i.indexed_status = 'failed' OR (i.indexed_status = 'blocked' AND i.reason IN ('bad_response', 'src_id_conflict')))`;

/** Has the shop told of a whole set anew, with what is in the catalogue now. */
@Injectable()
export class Reupload {
  constructor(
    private readonly dataSource: DataSource,
    private readonly settings: ShopSettings,
    private readonly time: QueueTime,
  ) {}

  request(productId: number, by: string, reason: string | null): Promise<ReuploadAnswer> {
    return inTransaction(this.dataSource, async (manager) => {
      const product = await readProduct(manager, productId);
      if (!product) notFound('product', 'PRODUCT_NOT_FOUND', productId);
      const refusals = refusalsOf(product);
      if (refusals.length > 0) throw refused(refusals);
      const now = await this.time.now(manager);
      const requeued = await this.requeueBroken(manager, product.productSetId, now);
      const enqueued = requeued > 0 ? 0 : await this.refresh(manager, product, now);
      await manager.query(
        `INSERT INTO reupload (product_id, product_set_id, requeued, enqueued, reason, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)`,
        [productId, product.productSetId, requeued, enqueued, reason, by, now],
      );
      return { productId, productSetId: product.productSetId, requeued, enqueued };
    });
  }

  private async requeueBroken(manager: EntityManager, productSetId: number, now: Date): Promise<number> {
    const settings = await this.settings.current(manager);
    await lockLanes(manager, [productSetId]);
    const items = await readItems(manager, BROKEN_SQL, [productSetId]);
    const facts = await readFacts(manager, items);
    const journal = new Journal(now);
    for (const [at, item] of items.entries()) beginAgain(journal, item, facts[at]!, settings);
    await absorbFollowers(manager, journal, items, settings);
    await journal.write(manager);
    await settleLanes(manager, [productSetId], settings, journal.now);
    return items.length;
  }

  private async refresh(manager: EntityManager, { productSetId, setSrcId }: ProductRow, now: Date): Promise<number> {
    const products: { id: number; srcId: string | null; isOffered: boolean }[] = await manager.query(
      `SELECT id, src_id AS "srcId", qc_status = 'approved' AND seller_id IS NOT NULL AS "isOffered"
       FROM product WHERE product_set_id = $1 AND NOT deleted ORDER BY id`,
      [productSetId],
    );
    const changes = products
      .map(({ id, ...product }): Change => {
        const topics = topicsOfRefresh({ srcId: setSrcId }, product);
        return { productSetId, productId: id, topics };
      })
      .filter(({ topics }) => topics.length > 0);
    await enqueueChanges(manager, changes, now);
    return setSrcId === null ? 1 : changes.reduce((sum, { topics }) => sum + topics.length, 0);
  }
}

/** Locks the product's rows, so that what was checked still holds at the commit. */
async function readProduct(manager: EntityManager, productId: number): Promise<ProductRow | undefined> {
  const [row]: ProductRow[] = await manager.query(
    `SELECT p.product_set_id AS "productSetId", p.status, p.qc_status AS "qcStatus", s.src_id AS "setSrcId",
       coalesce((SELECT l.active AND NOT l.deleted FROM seller l WHERE l.id = s.seller_id), false) AS "isSellerActive"
     FROM product p JOIN product_set s ON s.id = p.product_set_id
     WHERE p.id = $1 AND NOT p.deleted FOR SHARE OF p, s`,
    [productId],
  );
  return row;
}

function refused(refusals: ReturnType<typeof refusalsOf>): ProblemError {
  const [first] = refusals;
  const detail =
    'It can be uploaded again when its seller is active, and it is active and approved by quality control.';
  return new ProblemError(409, first!, detail, { preconditions: refusals });
}
