import { SearchQueryError } from './query-errors.js';

/** Where a page ended: the last row's value under each sort, null where it was missing, then its id. */
export type CursorPosition = readonly (string | number | null)[];

/** Longest cursor that is read: four sort keys of 256 code points and an id of 512 bytes, escaped, with room to spare. */
const MAX_CURSOR_LENGTH = 16_384;

/** Writes a position as opaque text that only {@link decodeCursor} with the same order reads. */
export function encodeCursor(order: string, position: CursorPosition): string {
  return Buffer.from(JSON.stringify([order, ...position])).toString('base64url');
}

/**
 * Reads a position back. `kinds` are what each sort compares, the id's `text` last.
 *
 * @throws SearchQueryError `CURSOR_INVALID` when it is damaged, forged or of another order.
 */
export function decodeCursor(order: string, kinds: readonly ('text' | 'number')[], cursor: string): CursorPosition {
  const [writtenOrder, ...position] = parseCursor(cursor);
  const fits =
    writtenOrder === order &&
    position.length === kinds.length &&
    position.every((value, at) => isComparable(value, kinds[at]!, at === kinds.length - 1));
  if (!fits) throw new SearchQueryError('CURSOR_INVALID', 'The cursor belongs to another order or is damaged.');
  return position as (string | number | null)[];
}

function parseCursor(cursor: string): unknown[] {
  if (cursor.length > MAX_CURSOR_LENGTH || !/^[A-Za-z0-9_-]+$/.test(cursor)) return [];
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    return [];
  }
}

function isComparable(value: unknown, kind: 'text' | 'number', isId: boolean): boolean {
  if (value === null) return !isId;
  return kind === 'text' ? typeof value === 'string' : typeof value === 'number' && Number.isFinite(value);
}
