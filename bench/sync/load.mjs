/** Fills a place with deterministic data through the public bulk endpoints. */
import { call, compiled } from './place.mjs';

/** Lines a request: each answer is progress. */
const LINES_A_REQUEST = 10_000;
const CHUNK_CHARS = 65_536;
const REQUEST_LIMIT_MS = 300_000;
const SEED = 1;
/** GMC does not know everybody. */
const DOCTORS_A_PERSON = 0.95;

/**
 * Loads `size` people and, where the service is there, 0.95 as many GMC doctors with their recommendations; answers
 * `{<what>: {lines, seconds}}`.
 */
export async function loadPlace(place, size, asOf) {
  const { generatePeople } = await compiled('demo-data/dist/index.js');
  const loaded = {
    people: await load(place, 'tcs', '/api/trainees/bulk', generatePeople({ count: size, seed: SEED, asOf })),
  };
  if (!place.services.recommendation) return loaded;
  const { generateGmcDoctors, generateRecommendations } = await compiled('demo-data/dist/index.js');
  const options = { count: Math.round(size * DOCTORS_A_PERSON), seed: SEED, asOf };
  const send = (what, lines) => load(place, 'recommendation', `/api/${what}/bulk`, lines);
  loaded['GMC doctors'] = await send('gmc-doctors', generateGmcDoctors(options));
  loaded.recommendations = await send('recommendations', generateRecommendations(options));
  return loaded;
}

/** Sends all lines; every one must be taken. */
async function load(place, app, path, lines) {
  const startedAt = performance.now();
  const source = { lines, next: lines.next() };
  let sent = 0;
  while (!source.next.done) {
    const answer = await call(place, app, 'POST', path, {
      body: ReadableStream.from(take(source, LINES_A_REQUEST)),
      contentType: 'application/x-ndjson',
      limitMs: REQUEST_LIMIT_MS,
    });
    if (answer.rejected > 0) throw new Error(`${path} refused lines: ${JSON.stringify(answer.errors.slice(0, 3))}`);
    sent += answer.received;
  }
  return { lines: sent, seconds: (performance.now() - startedAt) / 1_000 };
}

/** The next `limit` records as lines of JSON, made while they are sent. */
async function* take(source, limit) {
  let text = '';
  for (let left = limit; left > 0 && !source.next.done; left--) {
    text += `${JSON.stringify(source.next.value)}\n`;
    source.next = source.lines.next();
    if (text.length < CHUNK_CHARS) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text) yield Buffer.from(text);
}
