/** What one feed may ask of the reader. Texts are counted in UTF-16 units, which for most text is characters. */
export interface FeedLimits {
  /** A CSV record, a line of JSONL, all that one XML record holds. @default 1048576 */
  readonly maxRecordLength: number;
  /** A cell, the text of an element, a text of JSONL. @default 262144 */
  readonly maxFieldLength: number;
  /** Columns of a CSV record, attributes of an element. @default 2000 */
  readonly maxColumns: number;
  /** A reference: it becomes part of an index. @default 500 */
  readonly maxReferenceLength: number;
  /** Objects and links that one record may hold. @default 10000 */
  readonly maxItemsOfRecord: number;
}

export const DEFAULT_FEED_LIMITS: FeedLimits = {
  maxRecordLength: 1_048_576,
  maxFieldLength: 262_144,
  maxColumns: 2_000,
  maxReferenceLength: 500,
  maxItemsOfRecord: 10_000,
};
