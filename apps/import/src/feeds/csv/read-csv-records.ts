import type { FeedLimits } from '../feed-limits.js';
import { InvalidEncodingError } from '../read-text.js';
import { type CsvDialect, CsvFault, type CsvRecord, CsvScanner } from './csv-scanner.js';

/** Records as they come; the last part may tell of the fault that ended the reading. */
export interface CsvPart {
  readonly records: readonly CsvRecord[];
  readonly fault: {
    readonly row: number;
    readonly line: number;
    readonly cause: CsvFault;
    readonly raw: string;
  } | null;
}

/** All records of a text; blank lines are counted as rows and left out. */
export async function* readCsvRecords(
  text: AsyncIterable<string>,
  dialect: CsvDialect,
  limits: FeedLimits,
): AsyncGenerator<CsvPart> {
  const scanner = new CsvScanner(dialect, limits);
  try {
    for await (const chunk of text) {
      scanner.push(chunk);
      const part = takeRecords(scanner, false);
      yield part;
      if (part.fault) return;
    }
  } catch (error) {
    if (!(error instanceof InvalidEncodingError)) throw error;
    yield { records: [], fault: faultAt(scanner, new CsvFault('INVALID_ENCODING', error.message)) };
    return;
  }
  yield takeRecords(scanner, true);
}

function takeRecords(scanner: CsvScanner, isLast: boolean): CsvPart {
  const records: CsvRecord[] = [];
  try {
    for (let record = scanner.next(isLast); record; record = scanner.next(isLast)) {
      if (record.raw.trim() !== '') records.push(record);
    }
    return { records, fault: null };
  } catch (error) {
    if (!(error instanceof CsvFault)) throw error;
    return { records, fault: faultAt(scanner, error) };
  }
}

function faultAt(scanner: CsvScanner, cause: CsvFault): CsvPart['fault'] {
  return { row: scanner.row, line: scanner.line, cause, raw: scanner.rest() };
}
