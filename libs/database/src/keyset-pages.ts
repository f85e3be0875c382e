/** A page of a long reading, and where to go on after it. */
export interface KeysetPage<Row, Key> {
  readonly rows: Row[];
  /** Key of the last row: store it with what the page caused, and give it as `after` to go on from here. */
  readonly cursor: Key;
}

/** How a long reading is cut into pages. */
export interface KeysetOptions<Row, Key> {
  /** Reads up to `limit` rows with a key above `after` in the order of the key; from the start without `after`. */
  readonly read: (after: Key | undefined, limit: number) => Promise<Row[]>;
  /** The row's key: unique, and what `read` orders by. */
  readonly keyOf: (row: Row) => Key;
  /** Rows a page. @default 1000 */
  readonly pageSize?: number;
  /** Cursor of an earlier reading. */
  readonly after?: Key;
}

/**
 * Streams a table by key: short statements instead of one long cursor, so that no transaction stays open. The next page is
 * read while the former one is consumed; at most two pages are in memory. Ends after the first page that is not full.
 *
 * Throws what `read` threw, when the page that it was for is asked for.
 */
export async function* keysetPages<Row, Key>(options: KeysetOptions<Row, Key>): AsyncGenerator<KeysetPage<Row, Key>> {
  const { read, keyOf, pageSize = 1_000 } = options;
  let ahead: Promise<Row[]> | undefined = read(options.after, pageSize);
  try {
    while (ahead) {
      const rows: Row[] = await ahead;
      ahead = undefined;
      const last = rows.at(-1);
      if (last === undefined) return;
      const cursor = keyOf(last);
      if (rows.length === pageSize) ahead = startReading(read, cursor, pageSize);
      yield { rows, cursor };
    }
  } finally {
    // A consumer that stops early must not leave a statement behind that still uses the pool.
    await ahead?.catch(() => undefined);
  }
}

/** The failure of a page read ahead belongs to whoever asks for that page, not to the process. */
function startReading<Row, Key>(
  read: (after: Key, limit: number) => Promise<Row[]>,
  after: Key,
  limit: number,
): Promise<Row[]> {
  const rows = read(after, limit);
  rows.catch(() => undefined);
  return rows;
}
