import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Actor, Role, Scope } from './actor.js';
import { hashKey, isSameHash, newKey, prefixOf } from './token-key.js';

/** A token without its secret. */
export interface Token {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly role: Role;
  readonly scopes: Scope[];
  readonly accountSlugs: string[];
  readonly workspaces: string[];
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

/** What a new token is made of. */
export type TokenDraft = Pick<
  Token,
  'name' | 'role' | 'scopes' | 'accountSlugs' | 'workspaces' | 'createdBy' | 'expiresAt'
>;

const COLUMNS = `id, name, prefix, role, scopes, account_slugs AS "accountSlugs", workspaces,
  created_by AS "createdBy", created_at AS "createdAt", expires_at AS "expiresAt",
  last_used_at AS "lastUsedAt", revoked_at AS "revokedAt"`;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The tokens in `access.token`; only hashes of keys are kept. */
@Injectable()
export class TokenStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Makes a token; its key is in the answer and nowhere else. */
  async create(draft: TokenDraft): Promise<{ token: Token; key: string }> {
    const { key, prefix, hash } = newKey();
    const { name, role, scopes, accountSlugs, workspaces, createdBy, expiresAt } = draft;
    const [token]: Token[] = await this.dataSource.query(
      `INSERT INTO access.token (name, prefix, hash, role, scopes, account_slugs, workspaces, created_by, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING ${COLUMNS}`,
      [name, prefix, hash, role, scopes, accountSlugs, workspaces, createdBy, expiresAt],
    );
    return { token: token!, key };
  }

  /** Newest first. */
  async list(limit: number, offset: number): Promise<{ tokens: Token[]; total: number }> {
    const tokens: Token[] = await this.dataSource.query(
      `SELECT ${COLUMNS} FROM access.token ORDER BY created_at DESC, id LIMIT $1 OFFSET $2`,
      [limit, offset],
    );
    const [{ total }]: [{ total: number }] = await this.dataSource.query('SELECT count(*) AS total FROM access.token');
    return { tokens, total };
  }

  /** False when there is no such token; a revoked one stays as it is. */
  async revoke(id: string): Promise<boolean> {
    if (!UUID.test(id)) return false;
    const [, count]: [unknown, number] = await this.dataSource.query(
      'UPDATE access.token SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1',
      [id],
    );
    return count > 0;
  }

  /** The token that a key belongs to, revoked and expired ones included. */
  async findByKey(key: string): Promise<Token | undefined> {
    const prefix = prefixOf(key);
    if (!prefix) return undefined;
    const rows: (Token & { hash: Buffer })[] = await this.dataSource.query(
      `SELECT hash, ${COLUMNS} FROM access.token WHERE prefix = $1`,
      [prefix],
    );
    const row = rows[0];
    return row && isSameHash(row.hash, hashKey(key)) ? row : undefined;
  }

  /** Notes that a token was used. */
  async touch(id: string): Promise<void> {
    await this.dataSource.query('UPDATE access.token SET last_used_at = now() WHERE id = $1', [id]);
  }
}

/** The caller that a token stands for. */
export function actorOf(token: Token): Actor {
  const { id, name, role, scopes, accountSlugs, workspaces } = token;
  return { id, name, role, scopes, accountSlugs, workspaces };
}
