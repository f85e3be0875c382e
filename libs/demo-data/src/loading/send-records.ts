/** A running Lockstep and a key of it. */
export interface LoadTarget {
  readonly url: string;
  /** With the role operator or admin. */
  readonly token: string;
}

/** A line that the service did not take. Lines are counted from 1 in each request. */
export interface RefusedLine {
  readonly line: number;
  readonly code: string;
  readonly message: string;
}

/** What became of the records sent so far. */
export interface LoadCounts {
  readonly received: number;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly rejected: number;
}

/** Told after each request: the counts of all so far, and the lines that this one refused. */
export type OnProgress = (counts: LoadCounts, refused: readonly RefusedLine[]) => void;

interface BulkAnswer extends LoadCounts {
  readonly errors: readonly RefusedLine[];
}

/** Nobody behind the URL takes records of this kind. */
export class NotServedError extends Error {
  override readonly name = 'NotServedError';
}

/** Records a request, unless told otherwise: each answer is progress that is stored for good. */
const RECORDS_A_REQUEST = 10_000;
const CHUNK_CHARS = 65_536;

/**
 * Sends records as lines to a bulk route, made while they are sent, so that memory stays flat. Resolves with the counts of
 * all. Sending the same records again changes nothing.
 *
 * Throws an Error that says what to do when the target does not answer or refuses the key, `NotServedError` for 404.
 */
export async function sendRecords(
  target: LoadTarget,
  path: string,
  records: Iterator<object>,
  onProgress: OnProgress = () => undefined,
  recordsARequest = RECORDS_A_REQUEST,
): Promise<LoadCounts> {
  let totals: LoadCounts = { received: 0, created: 0, updated: 0, unchanged: 0, rejected: 0 };
  for (;;) {
    const lines = take(records, recordsARequest);
    const first = lines.next();
    if (first.done) return totals;
    const answer = await send(target, path, prepend(first.value, lines));
    if (!(answer.received > 0)) throw new Error(`${target.url} has read no line of what was sent`);
    totals = add(totals, answer);
    onProgress(totals, answer.errors);
  }
}

function add(left: LoadCounts, right: LoadCounts): LoadCounts {
  return {
    received: left.received + right.received,
    created: left.created + right.created,
    updated: left.updated + right.updated,
    unchanged: left.unchanged + right.unchanged,
    rejected: left.rejected + right.rejected,
  };
}

/** The next `count` records as lines of JSON. */
function* take(records: Iterator<object>, count: number): Generator<Buffer> {
  let text = '';
  for (let taken = 0; taken < count; taken++) {
    const { value, done } = records.next();
    if (done) break;
    text += `${JSON.stringify(value)}\n`;
    if (text.length < CHUNK_CHARS) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text) yield Buffer.from(text);
}

function* prepend(first: Buffer, rest: Iterable<Buffer>): Generator<Buffer> {
  yield first;
  yield* rest;
}

async function send({ url, token }: LoadTarget, path: string, lines: Iterable<Buffer>): Promise<BulkAnswer> {
  const response = await fetch(new URL(path, url), {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/x-ndjson' },
    body: ReadableStream.from(lines),
    duplex: 'half',
  } as RequestInit).catch((error: Error) => {
    const { code } = (error.cause ?? {}) as { code?: string };
    throw new Error(`${url} does not answer (${code ?? error.message}): is Lockstep running?`);
  });
  if (response.ok) return (await response.json()) as BulkAnswer;
  const problem = (await response.json().catch(() => ({}))) as { detail?: string };
  if (response.status === 401) throw new Error(`${url} does not know the token (401)`);
  if (response.status === 403) throw new Error(`the token may not write (403): ${problem.detail}`);
  if (response.status === 404) throw new NotServedError(`${url} does not serve ${path}`);
  throw new Error(`${url} answered ${response.status}: ${problem.detail ?? response.statusText}`);
}
