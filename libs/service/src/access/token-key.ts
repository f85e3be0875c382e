import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** A key as its owner gets it, once. */
export interface NewKey {
  /** `lsk_<prefix>_<secret>`. */
  readonly key: string;
  /** Kept in clear, so that a key can be told from others and be found by an index. */
  readonly prefix: string;
  /** SHA-256 of the whole key; enough because the secret is 32 random bytes. */
  readonly hash: Buffer;
}

const KEY = /^lsk_([0-9a-f]{12})_[\w-]{43}$/;

/** A fresh random key. */
export function newKey(): NewKey {
  const prefix = randomBytes(6).toString('hex');
  const key = `lsk_${prefix}_${randomBytes(32).toString('base64url')}`;
  return { key, prefix, hash: hashKey(key) };
}

/** The prefix of something that looks like one of our keys. */
export function prefixOf(key: string): string | undefined {
  return KEY.exec(key)?.[1];
}

/** SHA-256. */
export function hashKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** Compares two hashes in a time that does not depend on where they differ. */
export function isSameHash(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
