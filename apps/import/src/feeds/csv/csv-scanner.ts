import type { ImportErrorCode } from '../feed-item.js';
import type { FeedLimits } from '../feed-limits.js';

/** How a CSV file is written. */
export interface CsvDialect {
  /** `auto`: LF or CRLF, each record as it comes. */
  readonly recordDelimiter: string;
  readonly fieldDelimiter: string;
  /** One character; '' where the file has no quotes. */
  readonly quote: string;
  /** One character; doubles the quote where it is the quote itself. */
  readonly escape: string;
  readonly trim: boolean;
  /** An escape before anything but quote and escape is left out. */
  readonly dropFloatingEscapes: boolean;
}

export interface CsvRecord {
  readonly row: number;
  readonly line: number;
  readonly cells: readonly string[];
  /** As it stands in the file, without its delimiter. */
  readonly raw: string;
}

/** Why a file cannot be read on: what follows could no longer be told apart. */
export class CsvFault extends Error {
  override readonly name = 'CsvFault';

  constructor(
    readonly code: ImportErrorCode,
    message: string,
  ) {
    super(message);
  }
}

interface ScannedRecord {
  readonly cells: string[];
  readonly end: number;
  readonly next: number;
  readonly hasQuotes: boolean;
}

/** More text is needed; within quotes it is a question which quote is missing. */
type Unfinished = 'unfinished' | 'unfinished in quotes';

/**
 * Cuts text into records and cells. Limits hold before anything is cut: a record that is too long is refused while it
 * arrives, and one with too many columns at the first that is too many, so that memory stays flat whatever is sent.
 *
 * A quote opens a quoted cell only at the cell's beginning; elsewhere it is a character, as spreadsheets write it.
 */
export class CsvScanner {
  /** Number and line of the record that comes next, also when it is the one with a fault. */
  row = 1;
  line = 1;
  private text = '';
  private start = 0;
  private readonly ends: Finder;
  private readonly delimiters: Finder;
  private readonly quotes: Finder;
  private readonly escapes: Finder;
  private readonly isAuto: boolean;
  private readonly lookahead: number;

  constructor(
    private readonly dialect: CsvDialect,
    private readonly limits: FeedLimits,
  ) {
    this.isAuto = dialect.recordDelimiter === 'auto';
    const recordEnd = this.isAuto ? '\n' : dialect.recordDelimiter;
    this.ends = new Finder(recordEnd);
    this.delimiters = new Finder(dialect.fieldDelimiter);
    this.quotes = new Finder(dialect.quote);
    this.escapes = new Finder(dialect.escape);
    this.lookahead = Math.max(this.isAuto ? 2 : recordEnd.length, dialect.fieldDelimiter.length);
  }

  push(chunk: string): void {
    this.setText(this.start < this.text.length ? this.text.slice(this.start) + chunk : chunk);
  }

  /** What is left when a fault or the end came: at most a record and a chunk. */
  rest(): string {
    return this.text.slice(this.start, this.start + this.limits.maxRecordLength);
  }

  /** The next whole record; null: push more. Throws `CsvFault`. */
  next(isLast: boolean): CsvRecord | null {
    const pending = this.text.length - this.start;
    if (pending <= 0) return null;
    const isOverLimit = pending > this.limits.maxRecordLength;
    if (!isLast && !isOverLimit && this.ends.from(this.start) === Number.POSITIVE_INFINITY) return null;
    const found = this.scanWithinLimit(isLast, isOverLimit);
    if (typeof found === 'string') return null;
    const raw = this.text.slice(this.start, found.end);
    const record = { row: this.row, line: this.line, cells: found.cells, raw };
    this.row++;
    this.line += this.linesOf(raw, found.hasQuotes);
    this.start = found.next;
    return record;
  }

  private scanWithinLimit(isLast: boolean, isOverLimit: boolean): ScannedRecord | Unfinished {
    if (!isOverLimit) return this.scan(isLast);
    try {
      const found = this.scan(isLast);
      if (typeof found !== 'string' && found.end - this.start <= this.limits.maxRecordLength) return found;
    } catch (error) {
      if (!(error instanceof CsvFault)) throw error;
    }
    throw this.findFaultWithinLimit();
  }

  /** Looks at no more than a record may have, so that the answer does not depend on how much has arrived. */
  private findFaultWithinLimit(): CsvFault {
    const { maxRecordLength } = this.limits;
    this.setText(this.rest());
    if (this.scan(false) === 'unfinished in quotes') {
      return unterminated(`is not closed within ${maxRecordLength} characters`);
    }
    return new CsvFault('FILE_TOO_LARGE', `the row is longer than ${maxRecordLength} characters`);
  }

  private setText(text: string): void {
    this.text = text;
    this.start = 0;
    for (const finder of [this.ends, this.delimiters, this.quotes, this.escapes]) finder.reset(text);
  }

  private linesOf(raw: string, hasQuotes: boolean): number {
    const inside = hasQuotes || !this.isAuto ? raw.split('\n').length - 1 : 0;
    return inside + (this.isAuto || this.dialect.recordDelimiter.includes('\n') ? 1 : 0);
  }

  private scan(isLast: boolean): ScannedRecord | Unfinished {
    const cells: string[] = [];
    let hasQuotes = false;
    for (let at = this.start; ; ) {
      if (cells.length === this.limits.maxColumns) {
        throw new CsvFault('FILE_TOO_LARGE', `the row has more than ${this.limits.maxColumns} columns`);
      }
      const opening = this.openingQuote(at);
      if (opening < 0) {
        const end = this.recordEnd(at, isLast);
        const delimiter = this.delimiters.from(at);
        if (delimiter < end.at) {
          cells.push(this.cut(at, delimiter));
          at = delimiter + this.dialect.fieldDelimiter.length;
          continue;
        }
        if (end.at === Number.POSITIVE_INFINITY) return 'unfinished';
        cells.push(this.cut(at, end.at));
        return { cells, end: end.at, next: end.next, hasQuotes };
      }
      hasQuotes = true;
      const cell = this.quotedCell(opening + 1, isLast);
      if (!cell) return 'unfinished in quotes';
      cells.push(cell.value);
      const after = this.afterQuotes(cell.next, isLast);
      if (after === null) return 'unfinished';
      if (!after.isDelimiter) return { cells, end: after.at, next: after.next, hasQuotes };
      at = after.next;
    }
  }

  private cut(from: number, to: number): string {
    const cell = this.text.slice(from, to);
    return this.dialect.trim ? cell.trim() : cell;
  }

  /** Index of the quote that opens the cell, or -1. */
  private openingQuote(at: number): number {
    const { quote, trim } = this.dialect;
    if (quote === '') return -1;
    const index = trim ? this.skipBlanks(at) : at;
    return this.text[index] === quote ? index : -1;
  }

  private skipBlanks(at: number): number {
    let index = at;
    while (this.isBlank(this.text[index])) index++;
    return index;
  }

  private isBlank(character: string | undefined): boolean {
    return (character === ' ' || character === '\t') && character !== this.dialect.fieldDelimiter;
  }

  /** Where the unquoted rest of the record ends and the next one begins; infinity: not here yet. */
  private recordEnd(at: number, isLast: boolean): { at: number; next: number } {
    const end = this.ends.from(at);
    if (end === Number.POSITIVE_INFINITY) {
      return isLast ? { at: this.text.length, next: this.text.length } : { at: end, next: end };
    }
    const next = end + this.ends.needle.length;
    return this.isAuto && end > at && this.text[end - 1] === '\r' ? { at: end - 1, next } : { at: end, next };
  }

  /** Null: the closing quote is not here yet. */
  private quotedCell(begin: number, isLast: boolean): { value: string; next: number } | null {
    const { quote, escape: escapeMark, dropFloatingEscapes } = this.dialect;
    const doubles = escapeMark === quote;
    let value = '';
    for (let from = begin, at = begin; ; ) {
      const closing = this.quotes.from(at);
      const escaping = doubles ? closing : this.escapes.from(at);
      const index = Math.min(closing, escaping);
      const isCut = index + 1 >= this.text.length;
      if (isCut && !isLast) return null;
      if (index === Number.POSITIVE_INFINITY) throw unterminated('is not closed before the end of the file');
      const following = this.text[index + 1];
      if (escaping === index && (following === quote || (!doubles && following !== undefined))) {
        const isFloating = following !== quote && following !== escapeMark && !dropFloatingEscapes;
        value += this.text.slice(from, isFloating ? index + 1 : index) + following;
        from = index + 2;
        at = from;
        continue;
      }
      if (closing !== index) throw unterminated('is not closed before the end of the file');
      value += this.text.slice(from, index);
      return { value: this.dialect.trim ? value.trim() : value, next: index + 1 };
    }
  }

  /** What stands behind a closing quote; null: not here yet. */
  private afterQuotes(next: number, isLast: boolean): { isDelimiter: boolean; at: number; next: number } | null {
    const at = this.dialect.trim ? this.skipBlanks(next) : next;
    if (!isLast && this.text.length - at < this.lookahead) return null;
    const { fieldDelimiter, recordDelimiter } = this.dialect;
    if (this.text.startsWith(fieldDelimiter, at)) return { isDelimiter: true, at, next: at + fieldDelimiter.length };
    if (at >= this.text.length) return { isDelimiter: false, at, next: at };
    const ends = this.isAuto ? ['\n', '\r\n'] : [recordDelimiter];
    const end = ends.find((each) => this.text.startsWith(each, at));
    if (end !== undefined) return { isDelimiter: false, at, next: at + end.length };
    throw unterminated('is followed by text behind its closing quote: a quote is missing or not doubled');
  }
}

function unterminated(what: string): CsvFault {
  return new CsvFault('CSV_UNTERMINATED_QUOTE', `a quoted cell of this row ${what}`);
}

/**
 * Next occurrence of a text, remembered until it is passed: asked for every cell, and without memory each question would
 * run to the end of the chunk again.
 */
class Finder {
  private text = '';
  /** What was found holds for questions from here to there. */
  private begin = 0;
  private index = -1;

  constructor(readonly needle: string) {}

  reset(text: string): void {
    this.text = text;
    this.index = -1;
  }

  from(at: number): number {
    // A record that was not whole is begun again, so questions also go back.
    if (this.index < at || at < this.begin) {
      const found = this.needle === '' ? -1 : this.text.indexOf(this.needle, at);
      this.index = found < 0 ? Number.POSITIVE_INFINITY : found;
      this.begin = at;
    }
    return this.index;
  }
}
