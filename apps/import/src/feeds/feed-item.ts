import type { FieldValue } from '@lockstep/contracts';

/** What can be wrong with a feed, found while it is read or while its batch is planned. Stable: programs compare them. */
export const IMPORT_ERROR_CODES = [
  'UNKNOWN_OBJECT_TYPE',
  'MISSING_REFERENCE',
  'DUPLICATE_REFERENCE',
  'INVALID_LINK_TAG',
  'UNKNOWN_REFERENCE',
  'DEPENDENT_LINK_ON_EXISTING_CHILD',
  'DEPENDENCY_CYCLE',
  'SELF_LINK_NOT_ALLOWED',
  'MISSING_REQUIRED_LINK',
  'MISSING_REQUIRED_FIELD',
  'INVALID_VALUE',
  'COLUMN_COUNT',
  'MISSING_COLUMN',
  'DUPLICATE_COLUMN',
  'CSV_UNTERMINATED_QUOTE',
  'INVALID_ENCODING',
  'INVALID_XML',
  'DOCTYPE_FORBIDDEN',
  'INVALID_JSON',
  'FILE_TOO_LARGE',
  'REFERENCE_NOT_FOUND',
  'CREATE_FAILED',
  'LINK_CREATE_FAILED',
  'RETRIES_EXHAUSTED',
  'INVALID_RESULT',
  'DUPLICATE_ROW_MERGED',
  'DUPLICATE_LINK_MERGED',
  'UNKNOWN_COLUMN_IGNORED',
  'LINK_DEFERRED',
  'CONFLICTING_RESULT',
] as const;
export type ImportErrorCode = (typeof IMPORT_ERROR_CODES)[number];

/** Where something was said. */
export interface Place {
  readonly fileNo: number;
  /**
   * Number of the record in its file, from 1, as a person counts: rows of a spreadsheet with title and blank rows, lines of
   * JSONL, record elements of XML.
   */
  readonly row: number;
  /** Physical line on which the record begins, from 1; of an error in a document, the line of the error. */
  readonly line: number;
  /** Title of the column, path in the element, or member; null: the whole record. */
  readonly column: string | null;
}

export interface FeedError {
  readonly code: ImportErrorCode;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly place: Place;
  /** Field of the object, where it is about one. */
  readonly field?: string;
}

/** One end of a link as a feed names it. `objectType` is '' where the tag is unknown and the feed does not say it. */
export interface LinkEnd {
  readonly objectType: string;
  readonly reference: string;
}

export interface FeedObject {
  readonly kind: 'object';
  readonly place: Place;
  readonly objectType: string;
  /** Null only together with an error that says why. */
  readonly reference: string | null;
  /** Null: the object is only mentioned here, not defined. */
  readonly fields: Readonly<Record<string, FieldValue>> | null;
  /** Given: the object exists. */
  readonly identifierIds: Readonly<Record<string, string>> | null;
  /** The object's own: reference, required fields, values. */
  readonly errors: readonly FeedError[];
}

export interface FeedLink {
  readonly kind: 'link';
  readonly place: Place;
  readonly tag: string;
  readonly child: LinkEnd;
  readonly parent: LinkEnd;
  readonly properties: Readonly<Record<string, FieldValue>> | null;
  readonly errors: readonly FeedError[];
}

/** What a feed says, in its own order. An `error` belongs to a row or to the file, to no object. */
export type FeedItem = FeedObject | FeedLink | { readonly kind: 'error'; readonly error: FeedError };

/** An error as an item. */
export function feedError(
  code: ImportErrorCode,
  place: Place,
  message: string,
  severity: FeedError['severity'] = 'error',
): FeedItem {
  return { kind: 'error', error: { code, severity, message, place } };
}
