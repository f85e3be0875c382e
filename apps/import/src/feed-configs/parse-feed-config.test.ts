import { describe, expect, it } from 'vitest';
import { configOf, fixtureConfig, linksOf, objectsOf, readItems, toldOf } from '../feeds/feeds.fixture.js';
import { EXAMPLE_IMPORT_TYPES } from '../import-types/example-import-types.js';
import { findTypeMismatches } from './find-type-mismatches.js';
import { parseFeedConfig } from './parse-feed-config.js';

const brand = { objectType: 'brand', reference: { column: 'code' }, fields: { name: 'name' } };
const csv = { importType: 'csv', objects: [brand] };
const xmlBrand = { objectType: 'brand', reference: '@code', fields: { name: 'name' } };

function pathsOf(value: unknown): string[] {
  return (parseFeedConfig(value).errors ?? []).map(({ path }) => path);
}

describe('a mapping configuration', () => {
  it.each(['catalog-csv', 'categories-csv', 'stock-csv', 'catalog-xml'])(
    '%s of the examples fits the types',
    async (name) => {
      expect(findTypeMismatches(await fixtureConfig(name), EXAMPLE_IMPORT_TYPES)).toEqual([]);
    },
  );

  it('understands the words of other systems', () => {
    const words = {
      recordDeliminator: '|',
      fieldDeliminator: ';',
      escapeString: '\\',
      removeFloatingEscapeString: true,
      removeWhiteSpace: false,
      overwriteColumnName: { 'Art.-Nr.': 'code' },
    };
    const { config } = parseFeedConfig({ ...csv, csv: words, floatingRelationships: [] });
    expect(config).toMatchObject({
      dialect: {
        recordDelimiter: '|',
        fieldDelimiter: ';',
        quote: '"',
        escape: '\\',
        trim: false,
        dropFloatingEscapes: true,
      },
      renameColumns: { 'Art.-Nr.': 'code' },
    });
  });

  it.each<[object, string[]]>([
    [{ importType: 'yaml', objects: [] }, ['importType']],
    [{ importType: 'csv' }, ['objects']],
    [{ importType: 'xml' }, ['records']],
    [{ ...csv, colour: 'red' }, ['body']],
    [{ ...csv, records: [], xml: {} }, ['xml', 'records']],
    [{ ...csv, csv: { fieldDelimiter: '\n' } }, ['csv.fieldDelimiter']],
    [{ ...csv, csv: { quote: ',' } }, ['csv.quote', 'csv.escape']],
    [{ ...csv, csv: { titleRow: 0 } }, ['csv.columns']],
    [{ ...csv, csv: { columns: ['a'] } }, ['csv.columns']],
    [{ ...csv, objects: [brand, brand] }, ['objects.1.as']],
    [{ ...csv, objects: [{ ...brand, reference: 'code' }] }, ['objects.0.reference']],
    [{ ...csv, objects: [{ ...brand, reference: { field: 'code' } }] }, ['objects.0.reference.field']],
    [{ ...csv, objects: [{ ...brand, fields: { name: 7 } }] }, ['objects.0.fields.name']],
    [{ ...csv, objects: [{ ...brand, columns: '(a+)+' }] }, ['objects.0.columns']],
    [{ ...csv, objects: [{ ...brand, each: 'a' }] }, ['objects.0.each']],
    [{ ...csv, objects: [{ ...brand, links: [{ tag: 'x', to: { as: 'nobody' } }] }] }, ['objects.0.links.0.to.as']],
    [
      { ...csv, objects: [{ ...brand, links: [{ tag: 'x', to: { column: 'a', as: 'brand' } }] }] },
      ['objects.0.links.0.to'],
    ],
    [{ importType: 'xml', records: [{ path: 'brand', objects: [xmlBrand] }] }, ['records.0.path']],
    [
      { importType: 'xml', records: [{ path: '/a/b', objects: [{ ...xmlBrand, reference: { column: 'x' } }] }] },
      ['records.0.objects.0.reference'],
    ],
    [
      { importType: 'xml', records: [{ path: '/a/b', objects: [{ ...xmlBrand, fields: { name: 'a[1]' } }] }] },
      ['records.0.objects.0.fields.name'],
    ],
    [
      { importType: 'xml', xml: { maxTextLength: '1GB' }, records: [{ path: '/a/b', objects: [xmlBrand] }] },
      ['xml.maxTextLength'],
    ],
  ])('%j is refused, naming the field', (body, paths) => {
    expect(pathsOf(body)).toEqual(paths);
  });

  it('that does not fit the types names type, field and tag', () => {
    const { config } = parseFeedConfig({
      importType: 'csv',
      objects: [
        { ...brand, objectType: 'shop' },
        {
          ...brand,
          fields: { colour: 'c' },
          links: [
            { tag: 'productHasBrand', to: { column: 'x' } },
            { tag: 'none', to: { column: 'x' } },
          ],
        },
      ],
      relationships: [
        {
          tag: 'variantStockedAt',
          child: { objectType: 'product', column: 'a' },
          parent: { objectType: 'location', column: 'b' },
        },
      ],
    });
    expect(findTypeMismatches(config!, EXAMPLE_IMPORT_TYPES).map(({ path }) => path)).toEqual([
      'objects.0.objectType',
      'objects.1.fields.colour',
      'objects.1.links.0.tag',
      'objects.1.links.1.tag',
      'relationships.0.tag',
    ]);
  });
});

describe('the titles of a file', () => {
  const read = (content: string, body: object) => readItems(content, { importType: 'csv', config: configOf(body) });

  it('must hold every column of the mapping, each once, before any row is believed', async () => {
    expect(toldOf(await read('code\nB-1\n', csv))).toEqual(['1 MISSING_COLUMN name']);
    expect(toldOf(await read('code,name,code\nB-1,A,B-2\n', csv))).toEqual(['1 DUPLICATE_COLUMN code']);
    expect(toldOf(await read('', csv))).toEqual(['1 MISSING_COLUMN name', '1 MISSING_COLUMN code']);
  });

  it('may stand below other rows, be renamed, or be missing altogether', async () => {
    const below = { ...csv, csv: { titleRow: 3, renameColumns: { Name: 'name' } } };
    expect(objectsOf(await read('my brands\n\ncode,Name\nB-1,A\n', below))).toMatchObject([
      { reference: 'B-1', place: { row: 4 } },
    ]);
    const without = { ...csv, csv: { titleRow: 0, columns: ['name', 'code'] } };
    expect(objectsOf(await read('A,B-1\n', without))).toMatchObject([{ reference: 'B-1', place: { row: 1 } }]);
  });

  it('that the mapping does not know are warned of once, or ignored when it says so', async () => {
    const content = 'code,name,note\nB-1,A,x\nB-2,B,x\n';
    expect(toldOf(await read(content, csv))).toEqual(['1 UNKNOWN_COLUMN_IGNORED note']);
    expect(toldOf(await read(content, { ...csv, onUnknownColumn: 'ignore' }))).toEqual([]);
  });

  it('of types that are gone since end the file with one error each', async () => {
    const body = {
      importType: 'csv',
      objects: [{ ...brand, objectType: 'shop', links: [{ tag: 'none', to: { column: 'x' } }] }],
    };
    expect(toldOf(await read('code,name,x\nB-1,A,\n', body))).toEqual([
      '1 UNKNOWN_OBJECT_TYPE -',
      '1 INVALID_LINK_TAG -',
    ]);
  });
});

describe('a row', () => {
  const read = (content: string, body: object) => readItems(content, { importType: 'csv', config: configOf(body) });

  it('mentions an object of which it says nothing, and has none where its cells are empty', async () => {
    const items = await read('code,name\nB-1,A\nB-1,\n,\n', csv);
    expect(objectsOf(items).map(({ reference, fields }) => [reference, fields])).toEqual([
      ['B-1', { name: 'A' }],
      ['B-1', null],
    ]);
  });

  it('takes empty cells as texts where the mapping says so', async () => {
    const body = {
      importType: 'csv',
      csv: { emptyAs: 'text' },
      objects: [{ objectType: 'variant', reference: { column: 'c' }, fields: { sku: 'c', size: 's' } }],
    };
    expect(objectsOf(await read('c,s\nS-1,\n', body))[0]?.fields).toEqual({ sku: 'S-1', size: '' });
  });

  it('with ids names an object that exists, of which nothing is required', async () => {
    const body = {
      importType: 'csv',
      objects: [
        {
          objectType: 'product',
          reference: { column: 'c' },
          fields: { price: 'p' },
          identifierIds: { productId: 'id' },
        },
      ],
    };
    const items = await read('c,p,id\nP-1,1.00,p-1\n', body);
    expect(objectsOf(items)[0]).toMatchObject({ identifierIds: { productId: 'p-1' }, errors: [] });
  });

  it('splits the values of a list', async () => {
    const body = {
      importType: 'csv',
      objects: [{ objectType: 'product', reference: { column: 'c' }, fields: { title: 't', tags: 'tags' } }],
    };
    expect(objectsOf(await read('c,t,tags\nP-1,Hat,red| warm |\n', body))[0]?.fields).toEqual({
      title: 'Hat',
      tags: ['red', 'warm'],
    });
  });

  it('links instances that belong together', async () => {
    const pattern = (name: string) => `${name}(?<instance>\\d)_(?<field>\\w+)`;
    const body = {
      importType: 'csv',
      objects: [
        { objectType: 'category', columns: pattern('cat'), reference: { field: 'code' }, fields: { name: 'name' } },
        {
          objectType: 'product',
          columns: pattern('prod'),
          reference: { field: 'code' },
          fields: { title: 'title' },
          links: [{ tag: 'productInCategory', to: { as: 'category' } }],
        },
      ],
    };
    const items = await read(
      'cat1_code,cat1_name,cat2_code,cat2_name,prod1_code,prod1_title,prod2_code,prod2_title\nC-1,A,C-2,B,P-1,X,P-2,Y\n',
      body,
    );
    expect(linksOf(items).map(({ child, parent }) => `${child.reference} ${parent.reference}`)).toEqual([
      'P-1 C-1',
      'P-2 C-2',
    ]);
  });

  it('that holds too much is one error, and so is a cell that is too long', async () => {
    const body = {
      importType: 'csv',
      objects: [
        {
          objectType: 'category',
          reference: { column: 'code' },
          links: [{ tag: 'categoryParent', to: { column: 'parents', split: '|' } }],
        },
      ],
    };
    const limits = { maxItemsOfRecord: 3, maxFieldLength: 20 };
    const content = `code,parents\nC-1,A|B\nC-2,A|B|C|D\nC-3,${'x'.repeat(21)}\n`;
    const items = await readItems(content, { importType: 'csv', config: configOf(body), limits });
    expect(toldOf(items)).toEqual(['3 FILE_TOO_LARGE -', '4 INVALID_VALUE -']);
    expect(linksOf(items)).toHaveLength(2);
  });

  it('refuses a reference that no index can hold, and what it would link', async () => {
    const long = 'x'.repeat(501);
    const body = {
      ...csv,
      objects: [
        {
          objectType: 'category',
          reference: { column: 'code' },
          fields: { name: 'name' },
          links: [{ tag: 'categoryParent', to: { column: 'parent' } }],
        },
      ],
    };
    const items = await read(`code,name,parent\n${long},A,C-2\nC-3,B,${long}\nC\0,D,\n`, body);
    expect(toldOf(items)).toEqual(['2 INVALID_VALUE code', '3 INVALID_VALUE parent', '4 INVALID_VALUE code']);
    expect(linksOf(items)).toEqual([]);
  });
});
