// Fills a running Lockstep with deterministic, realistic data: npm run seed -- --trainees 10000 --recommendations
import { parseArgs } from 'node:util';

const USAGE =
  'usage: npm run seed -- [--trainees N] [--gmc-doctors M] [--recommendations] [--seed S] [--as-of yyyy-MM-dd]';
/** Records a request: each answer is progress that is stored for good. */
const RECORDS_A_REQUEST = 10_000;
/** GMC doctors for each trainee, where only trainees are asked for. */
const GMC_SHARE = 0.95;
const REJECTED_SHOWN = 20;

const url = process.env.LOCKSTEP_URL ?? 'http://localhost:3000';
const token = process.env.LOCKSTEP_TOKEN;

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});

async function main() {
  const { trainees, gmcDoctors, isGmcAsked, withRecommendations, seed, asOf } = readArguments();
  if (!token) throw new Error('LOCKSTEP_TOKEN is not set: give it a key with the role operator or admin');
  const { generatePeople } = await load('people/generate-people.js');
  const { generateGmcDoctors, generateRecommendations } = await load('gmc/generate-gmc-doctors.js');
  const gmc = { count: gmcDoctors, seed, asOf };
  await fill('trainees', '/api/trainees/bulk', generatePeople({ count: trainees, seed, asOf }), trainees);
  try {
    await fill('gmc doctors', '/api/gmc-doctors/bulk', generateGmcDoctors(gmc), gmcDoctors);
    if (withRecommendations) await fill('recommendations', '/api/recommendations/bulk', generateRecommendations(gmc));
  } catch (error) {
    // A trainee source alone is a Lockstep too; whoever asks for GMC doctors by name is told that there is no place for them.
    if (!(error instanceof NotServedError) || isGmcAsked) throw error;
    console.log(`${error.message}: left out`);
  }
}

/** Sends all records; `expected` only feeds the progress shown. */
async function fill(name, path, records, expected) {
  const totals = { received: 0, created: 0, updated: 0, unchanged: 0, rejected: 0 };
  const startedAt = performance.now();
  for (;;) {
    const lines = take(records, RECORDS_A_REQUEST);
    const first = await lines.next();
    if (first.done) break;
    const answer = await send(path, prepend(first.value, lines));
    if (!(answer.received > 0)) throw new Error(`${url} has read no line of what was sent`);
    for (const count of Object.keys(totals)) totals[count] += answer[count];
    showProgress(name, totals.received, expected, startedAt);
    showRejected(answer.errors);
  }
  const { created, updated, unchanged, rejected } = totals;
  console.log(`${name}: ${created} created, ${updated} updated, ${unchanged} unchanged, ${rejected} rejected`);
  if (rejected > 0) process.exitCode = 1;
}

function readArguments() {
  const { values } = parse({
    trainees: { type: 'string' },
    'gmc-doctors': { type: 'string' },
    recommendations: { type: 'boolean' },
    seed: { type: 'string' },
    'as-of': { type: 'string' },
  });
  const asked = values['gmc-doctors'];
  const trainees = Number(values.trainees ?? (asked === undefined ? 10_000 : 0));
  const gmcDoctors = Number(asked ?? Math.floor(trainees * GMC_SHARE));
  const seed = Number(values.seed ?? 1);
  const asOf = values['as-of'] ?? new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/London' }).format(new Date());
  requireCount('--trainees', trainees, 5_000_000);
  requireCount('--gmc-doctors', gmcDoctors, 3_000_000);
  if (!Number.isInteger(seed)) throw new Error(`--seed must be a whole number\n${USAGE}`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(asOf)) throw new Error(`--as-of must be a day, yyyy-MM-dd\n${USAGE}`);
  const withRecommendations = values.recommendations ?? false;
  const isGmcAsked = asked !== undefined || withRecommendations;
  return { trainees, gmcDoctors, isGmcAsked, withRecommendations, seed, asOf };
}

function requireCount(option, count, limit) {
  if (Number.isInteger(count) && count >= 0 && count <= limit) return;
  throw new Error(`${option} must be a whole number up to ${limit}\n${USAGE}`);
}

function parse(options) {
  try {
    return parseArgs({ options });
  } catch (error) {
    throw new Error(`${error.message}\n${USAGE}`);
  }
}

async function load(path) {
  // Not by the package's name: its root also loads the helpers of the test runner.
  const generator = new URL(`../libs/testing/dist/${path}`, import.meta.url);
  return import(generator.href).catch((error) => {
    if (error.code === 'ERR_MODULE_NOT_FOUND') throw new Error('Lockstep is not built; run: npm run build');
    throw error;
  });
}

/** The next `count` records as lines of JSON, made while they are sent. */
async function* take(records, count) {
  let text = '';
  for (let taken = 0; taken < count; taken++) {
    const { value, done } = records.next();
    if (done) break;
    text += `${JSON.stringify(value)}\n`;
    if (text.length < 65_536) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text) yield Buffer.from(text);
}

async function* prepend(first, rest) {
  yield first;
  yield* rest;
}

/** Nobody behind the URL takes what was sent. */
class NotServedError extends Error {}

async function send(path, lines) {
  const response = await fetch(new URL(path, url), {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/x-ndjson' },
    body: ReadableStream.from(lines),
    duplex: 'half',
  }).catch((error) => {
    throw new Error(
      `${url} does not answer (${error.cause?.code ?? error.message}): is Lockstep running? Set LOCKSTEP_URL`,
    );
  });
  if (response.ok) return response.json();
  const problem = await response.json().catch(() => ({}));
  if (response.status === 401) throw new Error(`${url} does not know the key in LOCKSTEP_TOKEN (401)`);
  if (response.status === 403) throw new Error(`the key in LOCKSTEP_TOKEN may not write (403): ${problem.detail}`);
  if (response.status === 404) throw new NotServedError(`${url} does not serve ${path}`);
  throw new Error(`${url} answered ${response.status}: ${problem.detail ?? response.statusText}`);
}

function showProgress(name, done, all, startedAt) {
  const rate = Math.round(done / ((performance.now() - startedAt) / 1_000));
  console.log(`${name}: ${done}${all === undefined ? '' : ` of ${all}`}, ${rate} a second`);
}

function showRejected(errors) {
  for (const { line, code, message } of errors.slice(0, REJECTED_SHOWN))
    console.error(`line ${line}: ${code} ${message}`);
  if (errors.length > REJECTED_SHOWN) console.error(`and ${errors.length - REJECTED_SHOWN} more`);
}
