import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FeedConfig } from '../feed-configs/feed-config.js';
import type { FailedRow } from './failed-rows.js';
import { errorsOf, fixtureConfig, fixturePath, objectsOf, readItems, toldOf } from './feeds.fixture.js';
import type { FeedImportType } from './read-feed.js';
import { writeFailedRows } from './write-failed-rows.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-failed-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function* failing(rows: readonly (readonly [row: number, ...errors: string[]])[]): AsyncGenerator<FailedRow> {
  for (const [row, ...errors] of rows) yield { row, status: 'error', errors };
}

interface Feed {
  importType: FeedImportType;
  config: FeedConfig | null;
}

async function write(path: string, { importType, config }: Feed, rows: Parameters<typeof failing>[0]): Promise<string> {
  let text = '';
  for await (const part of writeFailedRows({ fileNo: 1, path, importType }, config, failing(rows))) text += part;
  return text;
}

async function writeOf(content: string, feed: Feed, rows: Parameters<typeof failing>[0]): Promise<string> {
  const path = join(folder, 'source');
  await writeFile(path, content);
  return write(path, feed, rows);
}

describe('the file of failed rows', () => {
  it('has the rows as they stand in the source, with errors and status, and is read by the same mapping', async () => {
    const feed = { importType: 'csv', config: await fixtureConfig('catalog-csv', { ignoreRows: [] }) } as const;
    const rows = [
      [2, 'MISSING_REQUIRED_FIELD title'],
      [4, 'INVALID_VALUE price', 'UNKNOWN_REFERENCE category, "C-404"'],
      [7, 'COLUMN_COUNT 6 of 9'],
      [9, 'CSV_UNTERMINATED_QUOTE'],
    ] as const;
    const text = await write(fixturePath('catalog-bad.csv'), feed, rows);
    expect(text.split('\r\n')).toEqual([
      '\uFEFFproduct_code,title,brand_code,brand_name,category_codes,price,variant1:sku,variant1:size,related,_errors,_status',
      'P-1,,B-1,Acme,C-1,10.00,S-1,M,,MISSING_REQUIRED_FIELD title,error',
      'P-3,Ok,B-2,Beta,C-404,abc,S-3,M,,"INVALID_VALUE price; UNKNOWN_REFERENCE category, ""C-404""",error',
      'P-6,Ok,B-2,Beta,C-1,5.00,,,,COLUMN_COUNT 6 of 9,error',
      '"P-7,""Unclosed,B-2,Beta,C-1,5.00,S-9,L,",,,,,,,,,CSV_UNTERMINATED_QUOTE,error',
      '',
    ]);
    expect(toldOf(await readItems(text, feed)).slice(0, 2)).toEqual([
      '2 MISSING_REQUIRED_FIELD title',
      '3 INVALID_VALUE price',
    ]);
  });

  it('loses no row when it is sent again to a mapping that leaves rows out', async () => {
    const feed = { importType: 'csv', config: await fixtureConfig('catalog-csv') } as const;
    const text = await write(fixturePath('catalog.csv'), feed, [[4, 'X']]);
    expect(text.split('\r\n')[1]).toBe('# sizes are EU,,,,,,,,,,,');
    const products = objectsOf(await readItems(text, feed)).filter(({ objectType }) => objectType === 'product');
    expect(products.map(({ reference, fields }) => [reference, fields?.['title']])).toEqual([
      ['P-200', 'Rain jacket,\r\nlight'],
    ]);
    const later = { importType: 'csv', config: await fixtureConfig('catalog-csv', { ignoreRows: [3, 4] }) } as const;
    const content = (await readFile(fixturePath('catalog.csv'), 'utf8'))
      .replace('# sizes', 'P-9')
      .concat('P-300,Hat,,,,,,,,,,\r\n');
    const again = await writeOf(content, later, [[5, 'X']]);
    expect(objectsOf(await readItems(again, later)).map(({ reference }) => reference)).toEqual(['P-300']);
  });

  it('replaces the errors of an earlier time', async () => {
    const feed = { importType: 'csv', config: await fixtureConfig('categories-csv') } as const;
    const first = await write(fixturePath('categories.csv'), feed, [
      [2, 'first'],
      [3, 'first'],
    ]);
    const second = await writeOf(first, feed, [[3, 'second']]);
    expect(second).toBe('\uFEFFcode,name,parent,_errors,_status\r\nC-SHOES,Shoes,,second,error\r\n');
    expect(errorsOf(await readItems(second, feed))).toEqual([]);
  });

  it('keeps a spreadsheet from taking an error for a formula', async () => {
    const feed = { importType: 'csv', config: await fixtureConfig('categories-csv') } as const;
    expect(await write(fixturePath('categories.csv'), feed, [[2, '=1+1']])).toContain(
      "C-TRAIL,Trail,C-SHOES,'=1+1,error",
    );
  });

  it('writes errors into the lines of JSONL, whose numbers stay as they are', async () => {
    const feed = { importType: 'jsonl', config: null } as const;
    const text = await write(fixturePath('orders-bad.jsonl'), feed, [
      [1, 'INVALID_JSON'],
      [6, 'no "order"'],
      [6, 'late'],
    ]);
    expect(text.split('\n')).toEqual([
      '{"_raw":"[\\"an array\\"]","_errors":["INVALID_JSON"],"_status":"error"}',
      '{"type":"orderLine","ref":"L-1","fields":{"qty":12345678901234567890},"_errors":["no \\"order\\"","late"],"_status":"error"}',
      '',
    ]);
    expect(toldOf(await readItems(text, feed))).toEqual(['1 INVALID_JSON type']);
    const again = await writeOf(text, feed, [[2, 'second']]);
    expect(again).toBe(
      '{"type":"orderLine","ref":"L-1","fields":{"qty":12345678901234567890},"_errors":["second"],"_status":"error"}\n',
    );
  });

  it('writes the record elements of XML within the elements around them', async () => {
    const feed = { importType: 'xml', config: await fixtureConfig('catalog-xml') } as const;
    const text = await write(fixturePath('catalog.xml'), feed, [[2, 'UNKNOWN_REFERENCE "C-SALE" & <more>']]);
    expect(text).toContain('<catalog xmlns="urn:example:catalog">');
    expect(text).toContain('_errors="UNKNOWN_REFERENCE &quot;C-SALE&quot; &amp; &lt;more&gt;" _status="error"');
    expect(text).not.toContain('<brand');
    const items = await readItems(text, feed);
    expect(objectsOf(items).map(({ reference }) => reference)).toEqual(['P-100', 'SKU-100-42', 'SKU-100-43']);
    expect(errorsOf(items)).toEqual([]);
    const none = await write(fixturePath('catalog.xml'), feed, []);
    expect(objectsOf(await readItems(none, feed))).toEqual([]);
  });

  it('ends with the reader who stops early, and closes what it was given', async () => {
    let isClosed = false;
    async function* failed(): AsyncGenerator<FailedRow> {
      try {
        for (let row = 2; ; row++) yield { row, status: 'error', errors: [] };
      } finally {
        isClosed = true;
      }
    }
    const file = { fileNo: 1, path: fixturePath('categories.csv'), importType: 'csv' } as const;
    for await (const _ of writeFailedRows(file, await fixtureConfig('categories-csv'), failed())) break;
    expect(isClosed).toBe(true);
  });
});
