import type { ColumnPattern } from '../feeds/csv/column-pattern.js';
import type { CsvDialect } from '../feeds/csv/csv-scanner.js';
import type { XmlPath } from '../feeds/xml/xml-path.js';

/** Where a link of a CSV object leads. */
export type CsvLinkTarget = { readonly as: string } | { readonly column: string; readonly split: string | null };

/** Field or id by name: column. */
export type ColumnsByName = Readonly<Record<string, string>>;

export interface CsvObjectMapping {
  readonly as: string;
  readonly objectType: string;
  readonly reference: { readonly column: string } | { readonly field: string };
  readonly fields: ColumnsByName;
  readonly identifierIds: ColumnsByName;
  /** Several objects a row, found in the titles. */
  readonly columns: ColumnPattern | null;
  readonly when: string | null;
  readonly links: readonly { readonly tag: string; readonly to: CsvLinkTarget }[];
}

export interface CsvRelationshipMapping {
  readonly tag: string;
  readonly child: { readonly objectType: string; readonly column: string };
  readonly parent: { readonly objectType: string; readonly column: string };
  readonly properties: ColumnsByName;
}

export interface CsvFeedConfig {
  readonly importType: 'csv';
  readonly useUserReference: boolean;
  readonly warnsOfUnknownColumns: boolean;
  readonly dialect: CsvDialect;
  /** 0: none. */
  readonly titleRow: number;
  readonly columnNames: readonly string[] | null;
  readonly ignoreRows: ReadonlySet<number>;
  readonly renameColumns: ColumnsByName;
  readonly emptyAs: 'omit' | 'text';
  readonly objects: readonly CsvObjectMapping[];
  readonly relationships: readonly CsvRelationshipMapping[];
}

/** Where a link of an XML object leads. */
export type XmlLinkTarget = { readonly as: string } | { readonly path: XmlPath; readonly split: string | null };

export type PathsByName = Readonly<Record<string, XmlPath>>;

export interface XmlObjectMapping {
  readonly as: string;
  readonly objectType: string;
  readonly reference: XmlPath;
  readonly fields: PathsByName;
  readonly identifierIds: PathsByName;
  /** Elements below the record, an object each; null: the record itself. */
  readonly each: XmlPath | null;
  readonly links: readonly { readonly tag: string; readonly to: XmlLinkTarget }[];
}

export interface XmlRelationshipMapping {
  readonly tag: string;
  readonly child: { readonly objectType: string; readonly path: XmlPath };
  readonly parent: { readonly objectType: string; readonly path: XmlPath };
  readonly properties: PathsByName;
}

export interface XmlRecordMapping {
  readonly path: XmlPath;
  readonly objects: readonly XmlObjectMapping[];
  readonly relationships: readonly XmlRelationshipMapping[];
}

export interface XmlFeedConfig {
  readonly importType: 'xml';
  readonly useUserReference: boolean;
  readonly maxDepth: number;
  readonly maxTextLength: number;
  readonly records: readonly XmlRecordMapping[];
}

/** A mapping as the reader uses it: checked, nothing left open, patterns and paths parsed. */
export type FeedConfig = CsvFeedConfig | XmlFeedConfig;
