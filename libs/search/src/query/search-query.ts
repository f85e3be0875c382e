/** A value in a filter, of the field's own type: dates as `yyyy-MM-dd`, instants as RFC 3339 with a zone. */
export type FilterValue = string | number | boolean;

/**
 * One condition. `field` is a name of the schema, dotted through `object` fields; inside `nested` it starts at the
 * element. Several conditions hold together.
 */
export type Filter =
  | {
      readonly field: string;
      /** Some value of the field is one of these, compared exactly. No values: no document. */
      readonly anyOf: readonly FilterValue[];
    }
  | {
      readonly field: string;
      /** No value of the field is one of these; documents without the field are kept. */
      readonly noneOf: readonly FilterValue[];
    }
  | {
      readonly field: string;
      /** Numbers, dates and instants, both ends included; an end left out is open. Documents without the field are out. */
      readonly range: { readonly from?: string | number; readonly to?: string | number };
    }
  | {
      readonly field: string;
      /** The field has at least one value, or (false) none. Null and an empty array are no value. */
      readonly exists: boolean;
    }
  | {
      readonly field: string;
      /** Some keyword value starts with exactly this text. */
      readonly prefix: string;
    }
  | {
      readonly field: string;
      /**
       * All words of the text stand in one value of the field in this order with nothing between, case and accents
       * aside. Needs `match: true`. A text without a word keeps every document. At most 256 characters.
       */
      readonly matches: string;
      /** The last word is only the beginning of one. @default false */
      readonly lastIsPrefix?: boolean;
    }
  | {
      /** Path of a nested field of which one element meets all the filters. */
      readonly nested: string;
      readonly filters: readonly Filter[];
    }
  | {
      /** At least one holds; none given: no document. */
      readonly or: readonly Filter[];
    }
  | {
      /** All hold; none given: every document. */
      readonly and: readonly Filter[];
    }
  | {
      /** The filter does not hold: documents without its field are kept. */
      readonly not: Filter;
    };

/** An order. Missing values come last in both directions; ties are settled by the document's id, ascending. */
export interface Sort {
  readonly field: string;
  readonly direction: 'asc' | 'desc';
}

/** Values of a field to be counted. */
export interface Facet {
  /** Path of the nested field whose elements have it; the field then starts at the element, and counts are found under `nested.field`. */
  readonly nested?: string;
  /** A keyword, boolean, long or date field. */
  readonly field: string;
  /** Values answered, the most frequent first: 1 to 1,000. @default 100 */
  readonly size?: number;
  /** Of a nested field: `documents` that have such an element, or the `elements` themselves. @default 'documents' */
  readonly count?: 'documents' | 'elements';
  /** Of a nested field: only elements that meet all of these are looked at. @default [] */
  readonly filters?: readonly Filter[];
}

/** What a reader asks for. No part of it ever reaches an engine's query language as text. */
export interface SearchQuery {
  /**
   * Filters, never ranks: every word must be a prefix of a word in some `search` field. Punctuation separates words and
   * means nothing, so `*` or an empty text keeps every document. At most 256 characters.
   */
  readonly text?: string;
  /** @default [] */
  readonly filters?: readonly Filter[];
  /** At most 4. @default [] (by id) */
  readonly sort?: readonly Sort[];
  /** From 1; `page * pageSize` at most 10,000. @default 1 */
  readonly page?: number;
  /** 1 to 1,000. @default 20 */
  readonly pageSize?: number;
  /** The `cursor` of the page before, under the same sort; instead of `page`, and without its limit. */
  readonly cursor?: string;
  /** Fields whose values are counted over all that was found, by name or as {@link Facet}. At most 20. @default [] */
  readonly facets?: readonly (string | Facet)[];
  /**
   * Also finds what is gone. It has no field, so conditions hold of it as of a document without any. An alias never shows
   * it: name an index. @default false
   */
  readonly tombstones?: boolean;
}

/** A value of a facet and the number of documents found that have it. */
export interface FacetCount {
  readonly value: FilterValue;
  readonly count: number;
}

/** One page of what was found. */
export interface SearchResult {
  readonly items: readonly SearchItem[];
  /** All that was found, exactly. */
  readonly total: number;
  /** Where the next page starts; absent on the last. */
  readonly cursor?: string;
  /** The most frequent values of each field asked for, 100 unless told otherwise, most frequent first, then by value. */
  readonly facets: Readonly<Record<string, readonly FacetCount[]>>;
}

/** A document found. */
export interface SearchItem {
  readonly id: string;
  readonly version: number;
  /** Empty for what is gone. */
  readonly document: Record<string, unknown>;
  /** Present, and true, for what is gone. */
  readonly deleted?: true;
}
