import { ProblemError } from '@lockstep/service';

/** Where a part of the list ended. */
export interface ItemPosition {
  readonly id: number;
  /** When it was queued; of a list of finished items when they were: what the list is sorted by, to the microsecond. */
  readonly at: string;
}

export function encodeItemCursor({ id, at }: ItemPosition): string {
  return Buffer.from(JSON.stringify([id, at])).toString('base64url');
}

/** @throws ProblemError 400 `CURSOR_INVALID` */
export function decodeItemCursor(cursor: string): ItemPosition {
  try {
    const [id, at] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [unknown, unknown];
    if (Number.isSafeInteger(id) && typeof at === 'string' && !Number.isNaN(Date.parse(at))) {
      return { id: id as number, at };
    }
  } catch {
    // What is no JSON is as wrong as what holds the wrong things.
  }
  throw new ProblemError(400, 'CURSOR_INVALID', 'The cursor is damaged.');
}
