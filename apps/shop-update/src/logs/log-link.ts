import { createHash } from 'node:crypto';

/** A search as it is shared. */
export interface LogLinkState {
  readonly q: string;
  /** RFC 3339, or relative to the time at which the link is opened: `now-24h`. */
  readonly from: string;
  readonly to: string;
  readonly columns: readonly string[];
}

/** The same search whatever quotes and blanks it was typed with. */
export function normaliseState({ q, from, to, columns }: LogLinkState): LogLinkState {
  const straight = q.replaceAll(/[“”„‟″＂«»]/gu, '"');
  return { q: straight.replaceAll(/\s+/gu, ' ').trim(), from, to, columns: [...columns] };
}

/** 22 letters, digits, `-` and `_` that only this state has. */
export function linkId(state: LogLinkState): string {
  const { q, from, to, columns } = state;
  const text = JSON.stringify([q, from, to, columns]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}

/** Where the search is answered. */
export function linkTarget({ q, from, to, columns }: LogLinkState): string {
  const query = new URLSearchParams({ q, from, to, ...(columns.length > 0 && { columns: columns.join(',') }) });
  return `/api/logs?${query}`;
}
