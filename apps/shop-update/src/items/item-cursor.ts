import { ProblemError } from '@lockstep/service';

/** Where a part of the list ended. */
export interface ItemPosition {
  readonly id: number;
  /** Of finished items, which are listed by it. */
  readonly finishedAt: string | null;
}

export function encodeItemCursor({ id, finishedAt }: ItemPosition): string {
  return Buffer.from(JSON.stringify([id, finishedAt])).toString('base64url');
}

/** @throws ProblemError 400 `CURSOR_INVALID` */
export function decodeItemCursor(cursor: string): ItemPosition {
  try {
    const [id, finishedAt] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [number, string | null];
    if (Number.isSafeInteger(id) && (finishedAt === null || !Number.isNaN(Date.parse(finishedAt)))) {
      return { id, finishedAt };
    }
  } catch {
    // What is no JSON is as wrong as what holds the wrong things.
  }
  throw new ProblemError(400, 'CURSOR_INVALID', 'The cursor is damaged.');
}
