import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_FEED_LIMITS, type FeedLimits } from '../feed-limits.js';
import { chunksOf } from '../feeds.fixture.js';
import { decodeUtf8 } from '../read-text.js';
import type { CsvDialect, CsvRecord } from './csv-scanner.js';
import { readCsvRecords } from './read-csv-records.js';

const PLAIN: CsvDialect = {
  recordDelimiter: 'auto',
  fieldDelimiter: ',',
  quote: '"',
  escape: '"',
  trim: false,
  dropFloatingEscapes: false,
};

interface Read {
  records: CsvRecord[];
  cells: (readonly string[])[];
  fault: { row: number; line: number; code: string; message: string } | null;
}

async function read(
  content: string | Buffer,
  dialect: Partial<CsvDialect> = {},
  limits: Partial<FeedLimits> = {},
  chunks: number[] = [],
): Promise<Read> {
  const result: Read = { records: [], cells: [], fault: null };
  const text = decodeUtf8(chunksOf(Buffer.from(content as string), chunks));
  for await (const part of readCsvRecords(text, { ...PLAIN, ...dialect }, { ...DEFAULT_FEED_LIMITS, ...limits })) {
    result.records.push(...part.records);
    if (!part.fault) continue;
    const { row, line, cause } = part.fault;
    result.fault = { row, line, code: cause.code, message: cause.message };
  }
  result.cells = result.records.map(({ cells }) => cells);
  return result;
}

describe('records and cells', () => {
  const cell = fc.string({
    unit: fc.constantFrom('a', 'é', '😀', ' ', ',', '"', '\n', '\r\n', ';', "'"),
    maxLength: 6,
  });
  const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 5 }), { maxLength: 6 });

  it('are those that an independent parser finds, whatever stands in quotes and wherever chunks end', async () => {
    const asText = fc.tuple(table, fc.constantFrom('\n', '\r\n'), fc.boolean()).map(([rows, end, quotesAll]) => {
      const write = (text: string, _: number, row: string[]) => {
        // A line of blanks would be no row.
        const isQuoted = quotesAll || /[",\r\n]/.test(text) || (row.length === 1 && text.trim() === '');
        return isQuoted ? `"${text.replaceAll('"', '""')}"` : text;
      };
      return rows.map((row) => row.map(write).join(',')).join(end);
    });
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(asText, sizes, async (text, chunks) => {
        const options = { relax_column_count: true, record_delimiter: ['\r\n', '\n'], skip_empty_lines: true };
        const expected: string[][] = parse(text, options);
        const { cells, fault } = await read(text, {}, {}, chunks);
        expect(fault).toBeNull();
        expect(cells).toEqual(expected);
      }),
      {
        numRuns: 1_000,
        examples: [
          ['a,b\r\n"c\r\nd","e""f"\r\n', [5]],
          ['"a"', [2]],
          ['a,\n,b', []],
        ],
      },
    );
  });

  it('trim blanks around cells and quotes, and keep a quote within a cell as it is', async () => {
    expect((await read(' a , "b ""c"" , d" ,e"f\n', { trim: true })).cells).toEqual([['a', 'b "c" , d', 'e"f']]);
  });

  it('follow other delimiters, quotes and escapes', async () => {
    expect((await read('a;b|c;d', { fieldDelimiter: ';', recordDelimiter: '|' })).cells).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    expect((await read('a::b\n"c::d"::e', { fieldDelimiter: '::' })).cells).toEqual([
      ['a', 'b'],
      ['c::d', 'e'],
    ]);
    const escaped = String.raw`"a\"b","c\\","d\e"`;
    expect((await read(escaped, { escape: '\\' })).cells).toEqual([['a"b', 'c\\', 'd\\e']]);
    expect((await read(escaped, { escape: '\\', dropFloatingEscapes: true })).cells).toEqual([['a"b', 'c\\', 'de']]);
    expect((await read('"a",b', { quote: '' })).cells).toEqual([['"a"', 'b']]);
    expect((await read('a\t"b\tc"\n', { fieldDelimiter: '\t', trim: true })).cells).toEqual([['a', 'b\tc']]);
  });

  it('are counted as rows and lines a person counts, blank rows and breaks within quotes included', async () => {
    const { records } = await read('\uFEFFa\n\n"b\nc\nd"\r\n\n  \ne');
    expect(records.map(({ row, line, cells }) => [row, line, cells[0]])).toEqual([
      [1, 1, 'a'],
      [3, 3, 'b\nc\nd'],
      [6, 8, 'e'],
    ]);
  });
});

describe('a fault', () => {
  it('of a quote ends the file, and the rows before it are there', async () => {
    const { cells, fault } = await read('a,b\n1,"2\n3,4\n');
    expect(cells).toEqual([['a', 'b']]);
    expect(fault).toMatchObject({ row: 2, line: 2, code: 'CSV_UNTERMINATED_QUOTE' });
    expect((await read('a\n"b"c\nd\n')).fault).toMatchObject({ row: 2, code: 'CSV_UNTERMINATED_QUOTE' });
  });

  it('of the encoding names the row, and its byte', async () => {
    const bytes = Buffer.concat([Buffer.from('é,b\nc,'), Buffer.from([0xe9]), Buffer.from('\nd,e\n')]);
    const { cells, fault } = await read(bytes);
    expect(cells).toEqual([['é', 'b']]);
    expect(fault).toMatchObject({ row: 2, line: 2, code: 'INVALID_ENCODING' });
    expect(fault!.message).toContain('byte 8');
    expect((await read(Buffer.from('a\nb', 'utf16le'))).cells).toEqual([['a\0'], ['\0b\0']]);
    expect((await read(Buffer.from([0xff, 0xfe, 0x61, 0]))).fault).toMatchObject({ row: 1, code: 'INVALID_ENCODING' });
    expect((await read(Buffer.from([0x61, 0xc3]))).fault).toMatchObject({ row: 1, code: 'INVALID_ENCODING' });
  });

  it('of length is found before the record is cut: too long, too many columns, or a quote that is missing', async () => {
    expect((await read(`a\n${'b'.repeat(101)}\nc`, {}, { maxRecordLength: 100 })).fault).toMatchObject({
      row: 2,
      code: 'FILE_TOO_LARGE',
      message: 'the row is longer than 100 characters',
    });
    expect((await read('a,b,c\na,b,c,d\n', {}, { maxColumns: 3 })).fault).toMatchObject({
      row: 2,
      message: 'the row has more than 3 columns',
    });
    expect((await read(`a\n"${'b\n'.repeat(80)}"\nc`, {}, { maxRecordLength: 100 })).fault).toMatchObject({
      row: 2,
      code: 'CSV_UNTERMINATED_QUOTE',
    });
  });

  it('of ten million columns costs no memory', async () => {
    const part = Buffer.alloc(100_000, ',');
    let sent = 0;
    async function* commas() {
      for (; sent < 100; sent++) yield part;
    }
    const parts = [];
    for await (const each of readCsvRecords(decodeUtf8(commas()), PLAIN, DEFAULT_FEED_LIMITS)) parts.push(each);
    expect(parts.at(-1)?.fault?.cause).toMatchObject({ code: 'FILE_TOO_LARGE' });
    expect(parts.flatMap(({ records }) => records)).toEqual([]);
    // It stopped reading at the limit, long before the end.
    expect(sent).toBeLessThan(15);
  });
});
