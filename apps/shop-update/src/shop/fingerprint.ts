import { createHash } from 'node:crypto';

/** SHA-256 of what is said about an item: equal ones say the same. */
export function fingerprint(said: unknown): string {
  return createHash('sha256').update(JSON.stringify(said)).digest('hex');
}
