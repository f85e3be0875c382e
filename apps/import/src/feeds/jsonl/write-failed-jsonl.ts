import type { FailedRow, FailedRows } from '../failed-rows.js';
import type { FeedLimits } from '../feed-limits.js';
import { readJsonlLines } from './jsonl-lines.js';
import { parseJson } from './parse-json.js';

/** Shown of a line that is no object. Characters. */
const MAX_SHOWN = 1_000;

/** The lines that failed, each with `_errors` and `_status`; of what is no object the text, as `_raw`. */
export async function* writeFailedJsonl(
  text: AsyncIterable<string>,
  failed: FailedRows,
  limits: FeedLimits,
): AsyncGenerator<string> {
  for await (const lines of readJsonlLines(text, limits)) {
    let part = '';
    for (const { row, raw, fault } of lines) {
      const found = await failed.of(row);
      if (found) part += `${fault ? unreadable(raw, found) : withErrors(raw.trim(), found)}\n`;
    }
    if (part !== '') yield part;
    if (failed.isDone) return;
  }
}

/** Written into the line as it stands, so that its numbers stay as they are. */
function withErrors(line: string, { errors, status }: FailedRow): string {
  const members = readMembers(line);
  if (!members || '_errors' in members || '_status' in members) return rewritten(line, members, { errors, status });
  const comma = Object.keys(members).length > 0 ? ',' : '';
  return `${line.slice(0, -1).trimEnd()}${comma}"_errors":${JSON.stringify(errors)},"_status":${JSON.stringify(status)}}`;
}

function readMembers(line: string): object | null {
  if (!line.startsWith('{')) return null;
  try {
    return parseJson(line) as object;
  } catch {
    return null;
  }
}

/** Of a file that was sent again: ours are the last two members, as we wrote them. */
function rewritten(line: string, members: object | null, failed: Omit<FailedRow, 'row'>): string {
  const begin = line.lastIndexOf('"_errors":');
  if (!members || begin < 0) return unreadable(line, failed);
  const own = `${line.slice(0, begin).trimEnd().replace(/,$/, '')}}`;
  const again = readMembers(own);
  return again && !('_status' in again) ? withErrors(own, { row: 0, ...failed }) : unreadable(line, failed);
}

function unreadable(raw: string, { errors, status }: Omit<FailedRow, 'row'>): string {
  return JSON.stringify({ _raw: raw.slice(0, MAX_SHOWN), _errors: errors, _status: status });
}
