import type { CsvFeedConfig } from '../../feed-configs/feed-config.js';
import type { FailedRow, FailedRows } from '../failed-rows.js';
import type { FeedLimits } from '../feed-limits.js';
import type { CsvDialect, CsvRecord } from './csv-scanner.js';
import { readCsvRecords } from './read-csv-records.js';

/** Columns that we add, and take off again where the source has them from an earlier time. */
const OURS = ['_errors', '_status'];
/** Shown of a row that could not be told apart. Characters. */
const MAX_SHOWN = 1_000;
const BOM = '\uFEFF';

/**
 * The rows that failed, as they stand in the source, with `_errors` and `_status` behind them. The same mapping reads the
 * result: what stood before the title row is kept, and rows that the mapping leaves out stay at their places.
 */
export async function* writeFailedCsv(
  text: AsyncIterable<string>,
  config: CsvFeedConfig,
  failed: FailedRows,
  limits: FeedLimits,
): AsyncGenerator<string> {
  const out = new FailedCsv(config);
  for await (const { records, fault } of readCsvRecords(text, config.dialect, limits)) {
    let part = '';
    for (const record of records) {
      if (record.row <= config.titleRow) part += out.head(record);
      else if (config.ignoreRows.has(record.row)) out.ignored(record);
      else {
        const found = await failed.of(record.row);
        if (found) part += out.row(record, found);
      }
    }
    if (fault) {
      const found = await failed.of(fault.row);
      if (found) part += out.broken(fault.raw, found);
    }
    if (part !== '') yield part;
    if (failed.isDone && out.hasHead) return;
  }
}

class FailedCsv {
  hasHead: boolean;
  private readonly end: string;
  private rows = 0;
  private width: number;
  /** Indexes of the source's own columns; null: all of them. */
  private own: readonly number[] | null = null;
  private readonly ignoredRows = new Map<number, string>();

  constructor(private readonly config: CsvFeedConfig) {
    const { recordDelimiter } = config.dialect;
    this.end = recordDelimiter === 'auto' ? '\r\n' : recordDelimiter;
    this.hasHead = config.titleRow === 0;
    this.width = config.columnNames?.length ?? 0;
  }

  /** The title row and what stands before it, each in its row. */
  head(record: CsvRecord): string {
    let part = '';
    while (this.rows < record.row - 1) part += this.line('');
    if (record.row < this.config.titleRow) return part + this.line(record.raw);
    this.hasHead = true;
    if (record.cells.some((title) => OURS.includes(title))) {
      this.own = record.cells.flatMap((title, index) => (OURS.includes(title) ? [] : [index]));
    }
    this.width = this.own?.length ?? record.cells.length;
    return part + this.line(this.joined([this.ownCells(record), ...OURS]));
  }

  ignored({ row, raw }: CsvRecord): void {
    this.ignoredRows.set(row, raw);
  }

  row(record: CsvRecord, failed: FailedRow): string {
    const missing = Math.max(0, this.width - (this.own ? this.width : record.cells.length));
    const cells = [this.ownCells(record), ...Array<string>(missing).fill('')];
    return this.placeholders() + this.line(this.joined([...cells, ...this.added(failed)]));
  }

  /** What could not be told apart, as text in the first column. */
  broken(raw: string, failed: FailedRow): string {
    const shown = raw.length > MAX_SHOWN ? `${raw.slice(0, MAX_SHOWN)}...` : raw.trimEnd();
    const cells = [quoted(shown, this.config.dialect), ...Array<string>(Math.max(0, this.width - 1)).fill('')];
    return this.placeholders() + this.line(this.joined([...cells, ...this.added(failed)]));
  }

  /** A row that comes to where the mapping leaves one out would be lost when the file is sent again. */
  private placeholders(): string {
    let part = '';
    while (this.config.ignoreRows.has(this.rows + 1)) part += this.line(this.ignoredRows.get(this.rows + 1) ?? '#');
    return part;
  }

  private ownCells({ raw, cells }: CsvRecord): string {
    if (!this.own) return raw;
    return this.joined(this.own.map((index) => quoted(cells[index] ?? '', this.config.dialect)));
  }

  private added({ errors, status }: FailedRow): string[] {
    return [errors.join('; '), status].map((text) => quoted(text.replace(/^[=+\-@\t\r]/, "'$&"), this.config.dialect));
  }

  private joined(cells: readonly string[]): string {
    return cells.join(this.config.dialect.fieldDelimiter);
  }

  private line(text: string): string {
    this.rows++;
    return `${this.rows === 1 ? BOM : ''}${text}${this.end}`;
  }
}

/** A cell, quoted where it must be; without quotes in the dialect what cannot stand in a cell becomes a blank. */
function quoted(text: string, { quote, escape: escapeMark, fieldDelimiter, recordDelimiter }: CsvDialect): string {
  const marks = [fieldDelimiter, recordDelimiter, '\n', '\r'];
  if (quote === '') return marks.reduce((rest, mark) => rest.replaceAll(mark, ' '), text);
  if (![quote, ...marks].some((mark) => text.includes(mark)) && text.trim() === text) return text;
  const escaped = escapeMark === quote ? text : text.replaceAll(escapeMark, escapeMark + escapeMark);
  return quote + escaped.replaceAll(quote, escapeMark + quote) + quote;
}
