import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

type StoredRecord = Record<string, unknown> & { objectID: string; version: number };

/** Answers as Algolia's REST API does to batches of updates, as far as we use it. */
export interface AlgoliaDouble {
  readonly url: string;
  /** By the name of the index, then by `objectID`. */
  readonly indexes: ReadonlyMap<string, ReadonlyMap<string, StoredRecord>>;
  /** Statuses that the next requests are answered with instead. */
  readonly failures: number[];
  /** Sizes of the batches that were sent. */
  readonly batches: number[];
  close(): Promise<void>;
}

/** Records over this size are refused, and their batch with them. */
const MAX_RECORD_BYTES = 100_000;

export async function startAlgoliaDouble(): Promise<AlgoliaDouble> {
  const indexes = new Map<string, Map<string, StoredRecord>>();
  const failures: number[] = [];
  const batches: number[] = [];
  const server = createServer(async (request, response) => {
    const answer = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const body = await readBody(request);
    const failure = failures.shift();
    if (failure !== undefined) return answer(failure, { message: 'as told', status: failure });
    const [, name, action] = /^\/1\/indexes\/([^/?]+)\/(batch|task)/.exec(request.url ?? '') ?? [];
    if (action === 'task') return answer(200, { status: 'published', pendingTask: false });
    if (action !== 'batch' || name === undefined) return answer(404, { message: 'no such route', status: 404 });
    const { requests } = JSON.parse(body) as { requests: { action: string; body: Record<string, unknown> }[] };
    batches.push(requests.length);
    const large = requests.find((each) => JSON.stringify(each.body).length > MAX_RECORD_BYTES);
    if (large) return answer(400, { message: `Record objectID=${large.body['objectID']} is too big`, status: 400 });
    const index = indexes.get(name) ?? new Map<string, StoredRecord>();
    indexes.set(name, index);
    for (const each of requests) update(index, each.body);
    answer(200, { taskID: batches.length, objectIDs: requests.map((each) => each.body['objectID']) });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    indexes,
    failures,
    batches,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** First-level attributes that are named are replaced; the whole is passed over where a value set by increment is no greater. */
function update(index: Map<string, StoredRecord>, body: Record<string, unknown>): void {
  const objectID = String(body['objectID']);
  const stored = index.get(objectID);
  const { version, ...attributes } = body as { version: { _operation: string; value: number } };
  if (version._operation !== 'IncrementSet') throw new Error(`the double does not know ${version._operation}`);
  if (stored && stored.version >= version.value) return;
  index.set(objectID, { ...stored, ...attributes, objectID, version: version.value });
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('utf8');
}
