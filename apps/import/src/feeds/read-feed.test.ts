import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXAMPLE_IMPORT_TYPES } from '../import-types/example-import-types.js';
import { DEFAULT_FEED_LIMITS } from './feed-limits.js';
import {
  chunksOf,
  configOf,
  errorsOf,
  fixtureConfig,
  fixturePath,
  linksOf,
  objectsOf,
  readFixture,
  readItems,
  toldOf,
} from './feeds.fixture.js';
import { type FeedImportType, readFeed, readFeedText } from './read-feed.js';
import { decodeUtf8 } from './read-text.js';

const csv = 'csv' as const;
const xml = 'xml' as const;
const jsonl = 'jsonl' as const;

function namesOf(items: Parameters<typeof objectsOf>[0]): string[] {
  return objectsOf(items).map(({ objectType, reference }) => `${objectType} ${reference}`);
}

function endsOf(items: Parameters<typeof linksOf>[0]): string[] {
  return linksOf(items).map(({ tag, child, parent }) => `${tag} ${child.reference} ${parent.reference}`);
}

describe('a feed of objects and links', () => {
  it('finds every object and link of the CSV catalogue, and warns once of the column it leaves out', async () => {
    const categories = await readFixture('categories.csv', {
      importType: csv,
      config: await fixtureConfig('categories-csv'),
    });
    const catalog = await readFixture('catalog.csv', { importType: csv, config: await fixtureConfig('catalog-csv') });
    expect(namesOf(categories)).toEqual([
      'category C-TRAIL',
      'category C-SHOES',
      'category C-JACKETS',
      'category C-SALE',
    ]);
    expect(endsOf(categories)).toEqual(['categoryParent C-TRAIL C-SHOES']);
    expect(namesOf(catalog)).toEqual([
      'brand B-ACME',
      'product P-100',
      'variant SKU-100-42',
      'variant SKU-100-43',
      'brand B-ACME',
      'product P-200',
      'variant SKU-200-M',
    ]);
    expect(endsOf(catalog)).toEqual([
      'productHasBrand P-100 B-ACME',
      'productInCategory P-100 C-TRAIL',
      'productInCategory P-100 C-SALE',
      'productRelated P-100 P-200',
      'variantOfProduct SKU-100-42 P-100',
      'variantOfProduct SKU-100-43 P-100',
      'productHasBrand P-200 B-ACME',
      'productInCategory P-200 C-JACKETS',
      'productRelated P-200 P-100',
      'variantOfProduct SKU-200-M P-200',
    ]);
    expect(errorsOf(catalog)).toMatchObject([
      { code: 'UNKNOWN_COLUMN_IGNORED', severity: 'warning', place: { row: 1, column: 'internal_note' } },
    ]);
  });

  it('keeps prices, quotes and line breaks exactly, and says where each record begins', async () => {
    const items = await readFixture('catalog.csv', { importType: csv, config: await fixtureConfig('catalog-csv') });
    const products = objectsOf(items).filter(({ objectType }) => objectType === 'product');
    expect(products.map(({ fields, place }) => ({ ...fields, row: place.row, line: place.line }))).toEqual([
      { title: 'Trail "Runner" shoe', price: '79.90', row: 3, line: 3 },
      { title: 'Rain jacket,\r\nlight', price: '120.00', row: 4, line: 4 },
    ]);
  });

  it('reads links without objects from a file of links', async () => {
    const items = await readFixture('stock.csv', { importType: csv, config: await fixtureConfig('stock-csv') });
    expect(items).toHaveLength(3);
    expect(linksOf(items)[0]).toMatchObject({
      tag: 'variantStockedAt',
      child: { objectType: 'variant', reference: 'SKU-100-42' },
      parent: { objectType: 'location', reference: 'L-BERLIN' },
      properties: { qty: '12' },
      errors: [],
    });
  });

  it('tells all faults of a bad catalogue at once, each at its place', async () => {
    const config = await fixtureConfig('catalog-csv', { ignoreRows: [] });
    const items = await readFixture('catalog-bad.csv', { importType: csv, config });
    expect(toldOf(items)).toEqual([
      '2 MISSING_REQUIRED_FIELD title',
      '4 INVALID_VALUE price',
      '6 SELF_LINK_NOT_ALLOWED related',
      '7 COLUMN_COUNT -',
      '8 MISSING_REFERENCE product_code',
      '9 CSV_UNTERMINATED_QUOTE -',
    ]);
    expect(errorsOf(items).find(({ code }) => code === 'COLUMN_COUNT')?.message).toBe('6 of 9 columns');
    // For planning: the same brand with two names, one variant twice, a category that nobody supplies.
    const brands = objectsOf(items).filter(({ reference }) => reference === 'B-1');
    expect(brands.map(({ fields }) => fields)).toEqual([{ name: 'Acme' }, { name: 'Acme Ltd' }]);
    expect(objectsOf(items).filter(({ reference }) => reference === 'S-3')).toHaveLength(2);
    expect(endsOf(items)).toContain('productInCategory P-3 C-404');
    expect(endsOf(items).filter((link) => link.includes('S-8'))).toEqual([]);
  });

  it('reads the XML catalogue as it reads the CSV one', async () => {
    const items = await readFixture('catalog.xml', { importType: xml, config: await fixtureConfig('catalog-xml') });
    expect(namesOf(items)).toEqual(['brand B-ACME', 'product P-100', 'variant SKU-100-42', 'variant SKU-100-43']);
    expect(endsOf(items)).toEqual([
      'productHasBrand P-100 B-ACME',
      'productInCategory P-100 C-TRAIL',
      'productInCategory P-100 C-SALE',
      'variantOfProduct SKU-100-42 P-100',
      'variantOfProduct SKU-100-43 P-100',
    ]);
    expect(objectsOf(items)[1]).toMatchObject({
      fields: { title: 'Trail shoe', price: '79.90' },
      place: { row: 2, line: 4 },
    });
    expect(errorsOf(items)).toEqual([]);
  });

  it.each([
    ['doctype-entity.xml', '1 DOCTYPE_FORBIDDEN -', 0],
    ['entity-bomb.xml', '1 DOCTYPE_FORBIDDEN -', 0],
    ['mismatched-tag.xml', '17 INVALID_XML -', 16],
    ['latin-1.xml', '1 INVALID_ENCODING -', 0],
    ['unbound-prefix.xml', '1 INVALID_XML -', 0],
    ['empty-sku.xml', '1 MISSING_REFERENCE sku', 3],
  ])('tells one fault of %s with its place', async (name, told, objects) => {
    const items = await readFixture(name, { importType: xml, config: await fixtureConfig('catalog-xml') });
    expect(toldOf(items)).toEqual([told]);
    expect(objectsOf(items)).toHaveLength(objects);
  });

  it('names the line of a tag that is not closed', async () => {
    const items = await readFixture('mismatched-tag.xml', {
      importType: xml,
      config: await fixtureConfig('catalog-xml'),
    });
    expect(errorsOf(items)[0]?.place.line).toBe(18);
    expect(errorsOf(items)[0]?.message).toContain('in <name> of line 18');
  });

  it('leaves out a record that another tag closes', async () => {
    const content =
      '<catalog><brand code="B-1"><name>A</name></brand><brand code="B-2"><name>B</name></brnd></catalog>';
    const items = await readItems(content, { importType: xml, config: await fixtureConfig('catalog-xml') });
    expect(namesOf(items)).toEqual(['brand B-1']);
    expect(toldOf(items)).toEqual(['2 INVALID_XML -']);
  });

  it('tells of a document that ends too early, and of one that is no XML', async () => {
    const config = await fixtureConfig('catalog-xml');
    const cut = await readItems('<catalog><brand code="B-1"><name>A</name></brand>', { importType: xml, config });
    expect(namesOf(cut)).toEqual(['brand B-1']);
    expect(toldOf(cut)).toEqual(['2 INVALID_XML -']);
    expect(toldOf(await readItems('code,name\n', { importType: xml, config }))).toEqual(['1 INVALID_XML -']);
    expect(toldOf(await readItems('', { importType: xml, config }))).toEqual(['1 INVALID_XML -']);
  });

  it('refuses a text of 10 MB, deep nesting and thousands of attributes long before their end', async () => {
    const config = await fixtureConfig('catalog-xml');
    const read = (content: string) => readItems(content, { importType: xml, config, chunks: Array(100).fill(65_536) });
    const long = 'x'.repeat(10_000_000);
    const attributes = Array.from({ length: 3_000 }, (_, index) => `a${index}=""`).join(' ');
    for (const content of [
      `<catalog><brand code="B-1"><name>${long}</name></brand></catalog>`,
      `<catalog><brand code="${long}"/></catalog>`,
      `<catalog><!-- ${long} --></catalog>`,
      `<catalog>${'<a>'.repeat(40)}</catalog>`,
      `<catalog><brand ${attributes}/></catalog>`,
    ]) {
      expect(toldOf(await read(content))).toEqual(['1 FILE_TOO_LARGE -']);
    }
  });

  it('reads elements whatever their prefix, and texts in CDATA', async () => {
    const content = `<c:catalog xmlns:c="urn:x"><c:brand code="B-1"><c:name><![CDATA[A & B]]></c:name></c:brand></c:catalog>`;
    const items = await readItems(content, { importType: xml, config: await fixtureConfig('catalog-xml') });
    expect(objectsOf(items)).toMatchObject([{ reference: 'B-1', fields: { name: 'A & B' } }]);
  });

  it('reads lines in any order: new objects, existing ones, changes, and a self-link that is allowed', async () => {
    const items = await readFixture('orders.jsonl', { importType: jsonl });
    expect(errorsOf(items)).toEqual([]);
    expect(
      objectsOf(items).map(({ reference, fields, identifierIds }) => ({ reference, fields, identifierIds })),
    ).toEqual([
      { reference: 'O-1001-1', fields: { qty: 2 }, identifierIds: null },
      { reference: 'O-1001', fields: { no: '1001', date: '2026-11-02' }, identifierIds: null },
      { reference: 'U-1', fields: { email: 'kim@example.org' }, identifierIds: null },
      { reference: 'SKU-100-42', fields: null, identifierIds: { variantId: 'v-8812' } },
      { reference: 'P-100', fields: { price: '69.90' }, identifierIds: { productId: 'p-1' } },
    ]);
    expect(endsOf(items)).toContain('customerReferredBy U-1 U-1');
  });

  it('tells the fault of each bad line, ignores blank ones, and keeps a large number exact', async () => {
    const items = await readFixture('orders-bad.jsonl', { importType: jsonl });
    expect(toldOf(items)).toEqual([
      '1 INVALID_JSON -',
      '2 INVALID_JSON -',
      '3 INVALID_JSON links',
      '4 UNKNOWN_OBJECT_TYPE type',
      '7 INVALID_VALUE fields.qty',
      '8 MISSING_REFERENCE ref',
      '9 UNKNOWN_COLUMN_IGNORED fields.colour',
      '9 INVALID_LINK_TAG links.0',
      '10 INVALID_JSON -',
    ]);
    expect(objectsOf(items).find(({ reference }) => reference === 'L-1')?.fields).toEqual({
      qty: '12345678901234567890',
    });
  });

  it('costs a line that is too long only itself', async () => {
    const line = (ref: string, no: string) => JSON.stringify({ type: 'order', ref, fields: { no } });
    const content = [line('O-1', '1'), line('O-2', 'x'.repeat(2_000_000)), line('O-3', '3')].join('\n');
    const items = await readItems(content, { importType: jsonl, chunks: Array(40).fill(65_536) });
    expect(namesOf(items)).toEqual(['order O-1', 'order O-3']);
    expect(toldOf(items)).toEqual(['2 FILE_TOO_LARGE -']);
  });

  it('answers a file without a mapping of its type with an error instead of reading it', async () => {
    expect(toldOf(await readItems('a,b\n', { importType: csv }))).toEqual(['1 MISSING_COLUMN -']);
  });

  it('reads a file from disk, again and again with the same result', async () => {
    const config = await fixtureConfig('categories-csv');
    const file = { fileNo: 4, path: fixturePath('categories.csv'), importType: csv };
    const read = async () => {
      const batches = [];
      for await (const items of readFeed(file, config, EXAMPLE_IMPORT_TYPES, DEFAULT_FEED_LIMITS)) batches.push(items);
      return batches.flat();
    };
    const items = await read();
    expect(items[0]).toMatchObject({ place: { fileNo: 4 } });
    expect(await read()).toEqual(items);
  });

  it('hands over about 1,000 items at a time', async () => {
    const lines = Array.from({ length: 2_500 }, (_, index) => `B-${index},Brand`);
    const objects = [{ objectType: 'brand', reference: { column: 'c' }, fields: { name: 'n' } }];
    const config = configOf({ importType: csv, objects });
    const text = decodeUtf8(chunksOf(Buffer.from(`c,n\n${lines.join('\n')}`)));
    const file = { fileNo: 1, importType: csv };
    const sizes = [];
    for await (const { length } of readFeedText(text, file, config, EXAMPLE_IMPORT_TYPES, DEFAULT_FEED_LIMITS)) {
      sizes.push(length);
    }
    expect(sizes).toEqual([1_000, 1_000, 499, 1]);
  });
});

/** Every feed of `fixtures/`, good and bad. */
const FEEDS: readonly [name: string, importType: FeedImportType, config: string | null][] = [
  ['categories.csv', csv, 'categories-csv'],
  ['catalog.csv', csv, 'catalog-csv'],
  ['catalog-bad.csv', csv, 'catalog-csv'],
  ['stock.csv', csv, 'stock-csv'],
  ['catalog.xml', xml, 'catalog-xml'],
  ['doctype-entity.xml', xml, 'catalog-xml'],
  ['entity-bomb.xml', xml, 'catalog-xml'],
  ['mismatched-tag.xml', xml, 'catalog-xml'],
  ['latin-1.xml', xml, 'catalog-xml'],
  ['unbound-prefix.xml', xml, 'catalog-xml'],
  ['empty-sku.xml', xml, 'catalog-xml'],
  ['orders.jsonl', jsonl, null],
  ['orders-bad.jsonl', jsonl, null],
];

describe('the borders of chunks', () => {
  const optionsOf = async (importType: FeedImportType, config: string | null) => ({
    importType,
    config: config ? await fixtureConfig(config) : null,
  });

  it.each(FEEDS)('change nothing in %s, wherever a single one lies', async (name, importType, config) => {
    const bytes = await readFile(fixturePath(name));
    const options = await optionsOf(importType, config);
    // As texts: comparing thousands of results member by member takes longer than reading them.
    const read = async (chunks: number[]) => JSON.stringify(await readItems(bytes, { ...options, chunks }));
    const whole = await read([]);
    for (let border = 1; border < bytes.length; border++) {
      expect(await read([border]), `border at ${border}`).toBe(whole);
    }
    expect(await read(Array<number>(bytes.length).fill(1))).toBe(whole);
  });

  it.each(FEEDS)(
    'change nothing in %s under tight limits, however many there are',
    async (name, importType, config) => {
      const bytes = await readFile(fixturePath(name));
      const options = await optionsOf(importType, config);
      const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 100 });
      const limits = fc.record({
        maxRecordLength: fc.integer({ min: 20, max: 200 }),
        maxFieldLength: fc.integer({ min: 5, max: 50 }),
        maxColumns: fc.integer({ min: 1, max: 12 }),
      });
      await fc.assert(
        fc.asyncProperty(sizes, limits, async (chunks, tight) => {
          const whole = await readItems(bytes, { ...options, limits: tight });
          expect(await readItems(bytes, { ...options, limits: tight, chunks })).toEqual(whole);
        }),
        { numRuns: 40 },
      );
    },
  );
});
