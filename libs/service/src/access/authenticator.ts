import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../clock.js';
import { ServiceConfig } from '../config/service-config.js';
import { type Actor, SCOPES } from './actor.js';
import { actorOf, type Token, TokenStore } from './token.store.js';
import { hashKey, isSameHash } from './token-key.js';

/** How long a token is believed without looking again, so the longest that a revoked one still works. */
const CACHE_MS = 5_000;
/** Strangers' wrong keys are remembered too, so the cache is bounded. */
const MAX_CACHED = 1_000;
/** `last_used_at` is written at most this often for a token. */
const TOUCH_EVERY_MS = 60_000;

const SHORT_KEY_LENGTH = 16;

/** Whom the admin's token of the environment stands for. */
const ENVIRONMENT_ADMIN: Actor = {
  id: 'admin-token',
  name: 'admin token',
  role: 'admin',
  scopes: SCOPES,
  accountSlugs: [],
  workspaces: [],
};

interface CachedToken {
  readonly token: Token | undefined;
  readonly readAtMs: number;
}

/** Finds out who presents a key. */
@Injectable()
export class Authenticator {
  private readonly adminHash: Buffer | undefined;
  private readonly cache = new Map<string, CachedToken>();
  private readonly touchedAtMs = new Map<string, number>();

  constructor(
    private readonly store: TokenStore,
    private readonly clock: Clock,
    config: ServiceConfig,
  ) {
    if (config.adminToken && config.adminToken.length < SHORT_KEY_LENGTH) {
      new Logger('Access').warn(
        `LOCKSTEP_ADMIN_TOKEN has fewer than ${SHORT_KEY_LENGTH} characters and can be guessed`,
      );
    }
    this.adminHash = config.adminToken === undefined ? undefined : hashKey(config.adminToken);
  }

  /** `undefined` for a key that is unknown, revoked or expired. Throws when the database cannot be asked. */
  async authenticate(key: string): Promise<Actor | undefined> {
    const hash = hashKey(key);
    if (this.adminHash && isSameHash(hash, this.adminHash)) return ENVIRONMENT_ADMIN;
    const token = await this.findCached(key, hash.toString('base64'));
    if (!token || token.revokedAt) return undefined;
    if (token.expiresAt && token.expiresAt <= this.clock.now()) return undefined;
    this.touch(token.id);
    return actorOf(token);
  }

  /** Forgets what it believes, so that a change made here is in force at once. */
  forget(): void {
    this.cache.clear();
  }

  private async findCached(key: string, cacheKey: string): Promise<Token | undefined> {
    const nowMs = this.clock.now().getTime();
    const cached = this.cache.get(cacheKey);
    if (cached && Math.abs(nowMs - cached.readAtMs) < CACHE_MS) return cached.token;
    const token = await this.store.findByKey(key);
    if (this.cache.size >= MAX_CACHED) this.cache.clear();
    this.cache.set(cacheKey, { token, readAtMs: nowMs });
    return token;
  }

  private touch(id: string): void {
    const nowMs = this.clock.now().getTime();
    if (nowMs - (this.touchedAtMs.get(id) ?? 0) < TOUCH_EVERY_MS) return;
    this.touchedAtMs.set(id, nowMs);
    // Only for people to look at: no request waits for it or fails by it.
    this.store.touch(id).catch(() => undefined);
  }
}
