import { describe, expect, it } from 'vitest';
import { type KeysetPage, keysetPages } from './keyset-pages.js';

const rows = Array.from({ length: 25 }, (_, index) => index + 1);
const reader = (after: number | undefined, limit: number) =>
  Promise.resolve(rows.filter((row) => row > (after ?? 0)).slice(0, limit));

async function collect<Row, Key>(pages: AsyncGenerator<KeysetPage<Row, Key>>): Promise<KeysetPage<Row, Key>[]> {
  const all: KeysetPage<Row, Key>[] = [];
  for await (const page of pages) all.push(page);
  return all;
}

describe('keysetPages', () => {
  it.each([1, 5, 10, 24, 25, 26])('reads every row once, %i a page', async (pageSize) => {
    const pages = await collect(keysetPages({ read: reader, keyOf: (row) => row, pageSize }));
    expect(pages.flatMap((page) => page.rows)).toEqual(rows);
    expect(pages.at(-1)?.cursor).toBe(25);
  });

  it('goes on after the cursor of an earlier reading', async () => {
    const pages = await collect(keysetPages({ read: reader, keyOf: (row) => row, pageSize: 10, after: 20 }));
    expect(pages.flatMap((page) => page.rows)).toEqual([21, 22, 23, 24, 25]);
  });

  it('gives no page for an empty table', async () => {
    expect(await collect(keysetPages({ read: reader, keyOf: (row) => row, after: 25 }))).toEqual([]);
  });

  it('reads one page ahead, and no more', async () => {
    let reads = 0;
    const read = (after: number | undefined, limit: number) => {
      reads++;
      return reader(after, limit);
    };
    const pages = keysetPages({ read, keyOf: (row) => row, pageSize: 5 });
    await pages.next();
    expect(reads).toBe(2);
    await pages.next();
    expect(reads).toBe(3);
    await pages.return(undefined);
  });

  it('raises the failure of a page when that page is asked for, after the pages before it', async () => {
    const read = (after: number | undefined, limit: number) =>
      after === 10 ? Promise.reject(new Error('gone')) : reader(after, limit);
    const seen: number[] = [];
    const consume = async () => {
      for await (const page of keysetPages({ read, keyOf: (row) => row, pageSize: 5 })) seen.push(page.cursor);
    };
    await expect(consume()).rejects.toThrow('gone');
    expect(seen).toEqual([5, 10]);
  });
});
