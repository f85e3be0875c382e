import { createHash, randomBytes } from 'node:crypto';
import { type RetentionRule, tooOld } from '@lockstep/database';
import { Clock } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** Links that ended long ago. */
export const syncLinkRetention: RetentionRule = {
  table: 'product_sync_link',
  outdated: (limits) => `expires_at < ${tooOld(limits)}`,
};

const HOUR_MS = 3_600_000;

/** Links for sellers. Only what a token's SHA-256 is, is kept: whoever reads the table can open none. */
@Injectable()
export class SyncLinkStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  async create(productId: number, hours: number, by: string): Promise<{ id: string; token: string; expiresAt: Date }> {
    const token = randomBytes(32).toString('base64url');
    const expiresAt = new Date(this.clock.now().getTime() + hours * HOUR_MS);
    const [row]: { id: string }[] = await this.dataSource.query(
      `INSERT INTO product_sync_link (token_hash, product_id, created_by, expires_at) VALUES ($1, $2, $3, $4) RETURNING id`,
      [hashOf(token), productId, by, expiresAt],
    );
    return { id: row!.id, token, expiresAt };
  }

  /** The product that a link shows; none when there is no such link, or its time is over. */
  async productOf(token: string): Promise<number | undefined> {
    const [row]: { productId: number }[] = await this.dataSource.query(
      `SELECT product_id AS "productId" FROM product_sync_link
       WHERE token_hash = $1 AND expires_at > $2 AND revoked_at IS NULL`,
      [hashOf(token), this.clock.now()],
    );
    return row?.productId;
  }

  /** All links of a product end; answers how many. */
  async revoke(productId: number): Promise<number> {
    const [, count]: [unknown, number] = await this.dataSource.query(
      'UPDATE product_sync_link SET revoked_at = $2 WHERE product_id = $1 AND revoked_at IS NULL AND expires_at > $2',
      [productId, this.clock.now()],
    );
    return count;
  }
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
