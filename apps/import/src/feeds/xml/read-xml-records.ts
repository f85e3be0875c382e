import type { FeedLimits } from '../feed-limits.js';
import { InvalidEncodingError } from '../read-text.js';
import { XmlFault, type XmlRecord, XmlScanner, type XmlShape } from './xml-scanner.js';

/** Records as they come; the last part may tell of the fault that ended the reading. */
export interface XmlPart {
  readonly records: readonly XmlRecord[];
  readonly fault: { readonly row: number; readonly cause: XmlFault } | null;
}

/** All record elements of a document. */
export async function* readXmlRecords(
  text: AsyncIterable<string>,
  shape: XmlShape,
  limits: FeedLimits,
): AsyncGenerator<XmlPart> {
  const scanner = new XmlScanner(shape, limits);
  try {
    for await (const chunk of text) {
      const part = take(scanner, () => scanner.push(chunk));
      yield part;
      if (part.fault) return;
    }
  } catch (error) {
    if (!(error instanceof InvalidEncodingError)) throw error;
    const cause = new XmlFault('INVALID_ENCODING', error.message, scanner.line);
    yield { records: [], fault: { row: scanner.row, cause } };
    return;
  }
  yield take(scanner, () => scanner.end());
}

function take(scanner: XmlScanner, work: () => void): XmlPart {
  try {
    work();
    return { records: scanner.take(), fault: null };
  } catch (error) {
    if (!(error instanceof XmlFault)) throw error;
    return { records: scanner.take(), fault: { row: scanner.row, cause: error } };
  }
}
