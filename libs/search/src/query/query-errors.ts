/** Why a query was refused; stable, for problem documents. */
export type SearchQueryErrorCode =
  | 'TEXT_TOO_LONG'
  | 'PAGE_TOO_DEEP'
  | 'PAGE_INVALID'
  | 'CURSOR_INVALID'
  | 'FIELD_UNKNOWN'
  | 'FIELD_UNSUITABLE'
  | 'VALUE_INVALID'
  | 'QUERY_TOO_LARGE';

/** The caller's query cannot be answered, now or later: services answer 400 with the code. */
export class SearchQueryError extends Error {
  override readonly name: string = 'SearchQueryError';

  constructor(
    readonly code: SearchQueryErrorCode,
    message: string,
  ) {
    super(message);
  }
}

/** The search text has more than 256 characters. */
export class SearchTextTooLongError extends SearchQueryError {
  override readonly name = 'SearchTextTooLongError';

  constructor(maxLength: number) {
    super('TEXT_TOO_LONG', `A search text has at most ${maxLength} characters.`);
  }
}

/** The page ends beyond row 10,000; the cursor of each answer goes on without a limit. */
export class PageTooDeepError extends SearchQueryError {
  override readonly name = 'PageTooDeepError';

  constructor(maxRows: number) {
    super('PAGE_TOO_DEEP', `Pages reach ${maxRows} rows; beyond them use the cursor of each answer.`);
  }
}
