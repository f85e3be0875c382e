import type { ImportErrorCode } from '../feed-item.js';
import type { FeedLimits } from '../feed-limits.js';
import { InvalidEncodingError } from '../read-text.js';

/** A line that is not blank, with its number from 1; with a fault, `raw` is what is at hand of it. */
export interface JsonlLine {
  readonly row: number;
  readonly raw: string;
  readonly fault: { readonly code: ImportErrorCode; readonly message: string } | null;
}

/** What a line that is too long leaves for its report. Characters. */
const KEPT = 1_000;

/** Lines of a text, without blank ones. A line that is too long costs only itself, and its memory stays flat. */
export async function* readJsonlLines(text: AsyncIterable<string>, limits: FeedLimits): AsyncGenerator<JsonlLine[]> {
  const splitter = new LineSplitter(limits.maxRecordLength);
  try {
    for await (const chunk of text) yield splitter.push(chunk);
  } catch (error) {
    if (!(error instanceof InvalidEncodingError)) throw error;
    yield [{ row: splitter.row, raw: splitter.kept, fault: { code: 'INVALID_ENCODING', message: error.message } }];
    return;
  }
  yield splitter.end();
}

class LineSplitter {
  row = 1;
  kept = '';
  private length = 0;

  constructor(private readonly maxLength: number) {}

  push(chunk: string): JsonlLine[] {
    const lines: JsonlLine[] = [];
    let start = 0;
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', start)) {
      this.keep(chunk.slice(start, end));
      this.finish(lines);
      start = end + 1;
    }
    this.keep(chunk.slice(start));
    return lines;
  }

  end(): JsonlLine[] {
    const lines: JsonlLine[] = [];
    if (this.length > 0) this.finish(lines);
    return lines;
  }

  private keep(part: string): void {
    this.length += part.length;
    if (this.length <= this.maxLength) this.kept += part;
    else this.kept = (this.kept + part.slice(0, KEPT)).slice(0, KEPT);
  }

  private finish(lines: JsonlLine[]): void {
    const { row, kept, length, maxLength } = this;
    if (length > maxLength) {
      const message = `the line is longer than ${maxLength} characters`;
      lines.push({ row, raw: kept, fault: { code: 'FILE_TOO_LARGE', message } });
    } else if (kept.trim() !== '') lines.push({ row, raw: kept, fault: null });
    this.row++;
    this.kept = '';
    this.length = 0;
  }
}
