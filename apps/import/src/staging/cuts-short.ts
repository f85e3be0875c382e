import type { FeedError } from '../feeds/feed-item.js';

/** Faults after which nothing is known of the rest of a file. */
const CUTS_SHORT: ReadonlySet<string> = new Set([
  'INVALID_XML',
  'DOCTYPE_FORBIDDEN',
  'INVALID_ENCODING',
  'FILE_TOO_LARGE',
  'MISSING_COLUMN',
  'DUPLICATE_COLUMN',
]);

/** Whether an error of a file hides what stands after it: a reference to that need not be wrong. */
export function cutsShort({ code, severity }: FeedError): boolean {
  return severity === 'error' && CUTS_SHORT.has(code);
}
