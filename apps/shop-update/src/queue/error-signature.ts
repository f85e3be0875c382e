/** Longest error text that is kept with an item. */
const MAX_ERROR_LENGTH = 1_000;

/** What went wrong with an item, for people and to find equal causes. */
export interface ItemError {
  readonly text: string;
  readonly signature: string;
}

/**
 * An error as it is kept: its signature is the method, the code and the message without numbers and quoted words, so that
 * failures of one cause are one group.
 */
export function toItemError(method: string | null, code: string | null, message: string): ItemError {
  const normal = message
    .replaceAll(/"[^"]*"|'[^']*'/g, '…')
    .replaceAll(/\d+/g, '#')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, 200);
  const text = `${code === null ? '' : `${code}: `}${message}`.slice(0, MAX_ERROR_LENGTH);
  return { text, signature: [method ?? '', code ?? '', normal].join(' | ') };
}
