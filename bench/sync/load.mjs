/** Fills a place with deterministic data through the public bulk endpoints. */
import { call } from './place.mjs';

/** Lines a request: each answer is progress. */
const LINES_A_REQUEST = 10_000;
const CHUNK_CHARS = 65_536;
const REQUEST_LIMIT_MS = 300_000;
const SEED = 1;

/** Loads `size` people and, where the service is there, their GMC doctors and recommendations; answers `{name: {lines, seconds}}`. */
export async function loadPlace(place, size, asOf) {
  const { generatePeople } = await generator('people/generate-people.js');
  const loaded = {
    people: await load(place, 'tcs', '/api/trainees/bulk', generatePeople({ count: size, seed: SEED, asOf })),
  };
  if (!place.services.recommendation) return loaded;
  return loaded;
}

/** Sends all lines; every one must be taken. */
async function load(place, app, path, lines) {
  const startedAt = performance.now();
  let sent = 0;
  for (;;) {
    const request = { left: LINES_A_REQUEST };
    const answer = await call(place, app, 'POST', path, {
      body: ReadableStream.from(take(lines, request)),
      contentType: 'application/x-ndjson',
      limitMs: REQUEST_LIMIT_MS,
    });
    if (answer.rejected > 0) throw new Error(`${path} refused lines: ${JSON.stringify(answer.errors.slice(0, 3))}`);
    sent += answer.received;
    if (request.left > 0) return { lines: sent, seconds: (performance.now() - startedAt) / 1_000 };
  }
}

/** Lines of JSON, made while they are sent. */
async function* take(lines, request) {
  let text = '';
  while (request.left > 0) {
    const { value, done } = lines.next();
    if (done) break;
    request.left -= 1;
    text += `${JSON.stringify(value)}\n`;
    if (text.length < CHUNK_CHARS) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text) yield Buffer.from(text);
}

async function generator(path) {
  return import(new URL(`../../libs/testing/dist/${path}`, import.meta.url).href);
}
