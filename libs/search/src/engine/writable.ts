import type { IndexWrite } from './search-engine.js';

/** Longest document, in UTF-16 units: far below what a server takes in one request. */
export const MAX_SOURCE_LENGTH = 8_000_000;
/** Longest id; Elasticsearch refuses a whole request for a longer one. */
const MAX_ID_BYTES = 512;
const NAME = /^[a-z0-9][a-z0-9_-]{0,180}$/;

/** Names that every engine takes. @throws Error for any other: it would be a mistake in the program. */
export function checkIndexName(name: string): void {
  if (!NAME.test(name)) throw new Error(`'${name}' cannot be the name of an index or alias.`);
}

/** Why no engine takes this write, or undefined. Checked before anything is sent, so that neighbours never suffer. */
export function findRefusal(write: IndexWrite): string | undefined {
  if (write.id === '' || Buffer.byteLength(write.id) > MAX_ID_BYTES)
    return `The id has not 1 to ${MAX_ID_BYTES} bytes.`;
  if (!Number.isSafeInteger(write.version) || write.version < 0) return 'The version is no whole number from 0.';
  if (write.source.length > MAX_SOURCE_LENGTH) return `The document is longer than ${MAX_SOURCE_LENGTH} characters.`;
  return undefined;
}
