import type { FeedConfig } from '../feed-configs/feed-config.js';
import { writeFailedCsv } from './csv/write-failed-csv.js';
import { type FailedRow, FailedRows } from './failed-rows.js';
import { DEFAULT_FEED_LIMITS, type FeedLimits } from './feed-limits.js';
import { writeFailedJsonl } from './jsonl/write-failed-jsonl.js';
import type { FeedFile } from './read-feed.js';
import { readText } from './read-text.js';
import { writeFailedXml } from './xml/write-failed-xml.js';

/**
 * The records of a file that failed, in the form of the file, with why. Corrected and sent again, it is read by the same
 * configuration. `failed` is ordered by row; memory does not grow with the file. Throws what the disk and `failed` throw.
 */
export async function* writeFailedRows(
  file: FeedFile,
  config: FeedConfig | null,
  failed: AsyncIterable<FailedRow>,
  limits: FeedLimits = DEFAULT_FEED_LIMITS,
): AsyncGenerator<string> {
  const rows = new FailedRows(failed);
  const text = readText(file.path);
  try {
    if (file.importType === 'jsonl') yield* writeFailedJsonl(text, rows, limits);
    else if (file.importType === 'csv' && config?.importType === 'csv')
      yield* writeFailedCsv(text, config, rows, limits);
    else if (file.importType === 'xml' && config?.importType === 'xml')
      yield* writeFailedXml(text, config, rows, limits);
  } finally {
    await rows.close();
    await text.return(undefined);
  }
}
