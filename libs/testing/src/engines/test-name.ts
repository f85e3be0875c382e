import { randomBytes } from 'node:crypto';

/** `test_5f0c9a1b22de_`-like names cannot meet, however many runs share an engine. */
export function uniqueName(separator: '-' | '_'): string {
  return `test${separator}${randomBytes(6).toString('hex')}`;
}
