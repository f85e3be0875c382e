// Fills a running Lockstep with deterministic, realistic data: npm run seed -- --trainees 10000 [--seed 1] [--as-of 2026-03-14]
import { parseArgs } from 'node:util';

const USAGE = 'usage: npm run seed -- --trainees N [--seed S] [--as-of yyyy-MM-dd]';
/** People a request: each answer is progress that is stored for good. */
const PEOPLE_A_REQUEST = 10_000;
const REJECTED_SHOWN = 20;

const url = process.env.LOCKSTEP_URL ?? 'http://localhost:3000';
const token = process.env.LOCKSTEP_TOKEN;

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});

async function main() {
  const { trainees, seed, asOf } = readArguments();
  if (!token) throw new Error('LOCKSTEP_TOKEN is not set: give it a key with the role operator or admin');
  const generatePeople = await loadGenerator();
  const people = generatePeople({ count: trainees, seed, asOf });
  const totals = { received: 0, created: 0, updated: 0, unchanged: 0, rejected: 0 };
  const startedAt = performance.now();
  while (totals.received < trainees) {
    const answer = await send(take(people, PEOPLE_A_REQUEST));
    if (!(answer.received > 0)) throw new Error(`${url} has read no line of what was sent`);
    for (const count of Object.keys(totals)) totals[count] += answer[count];
    showProgress(totals.received, trainees, startedAt);
    showRejected(answer.errors);
  }
  const { created, updated, unchanged, rejected } = totals;
  console.log(`trainees: ${created} created, ${updated} updated, ${unchanged} unchanged, ${rejected} rejected`);
  if (rejected > 0) process.exitCode = 1;
}

function readArguments() {
  const options = { trainees: { type: 'string' }, seed: { type: 'string' }, 'as-of': { type: 'string' } };
  const { values } = parse(options);
  const trainees = Number(values.trainees ?? 10_000);
  const seed = Number(values.seed ?? 1);
  const asOf = values['as-of'] ?? new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/London' }).format(new Date());
  if (!Number.isInteger(trainees) || trainees < 0 || trainees > 5_000_000) {
    throw new Error(`--trainees must be a whole number up to 5000000\n${USAGE}`);
  }
  if (!Number.isInteger(seed)) throw new Error(`--seed must be a whole number\n${USAGE}`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(asOf)) throw new Error(`--as-of must be a day, yyyy-MM-dd\n${USAGE}`);
  return { trainees, seed, asOf };
}

function parse(options) {
  try {
    return parseArgs({ options });
  } catch (error) {
    throw new Error(`${error.message}\n${USAGE}`);
  }
}

async function loadGenerator() {
  // Not by the package's name: its root also loads the helpers of the test runner.
  const generator = new URL('../libs/testing/dist/people/generate-people.js', import.meta.url);
  const loaded = await import(generator.href).catch((error) => {
    if (error.code === 'ERR_MODULE_NOT_FOUND') throw new Error('Lockstep is not built; run: npm run build');
    throw error;
  });
  return loaded.generatePeople;
}

/** The next `count` people as lines of JSON, made while they are sent. */
async function* take(people, count) {
  let text = '';
  for (let taken = 0; taken < count; taken++) {
    const { value, done } = people.next();
    if (done) break;
    text += `${JSON.stringify(value)}\n`;
    if (text.length < 65_536) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text) yield Buffer.from(text);
}

async function send(lines) {
  const response = await fetch(new URL('/api/trainees/bulk', url), {
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
  throw new Error(`${url} answered ${response.status}: ${problem.detail ?? response.statusText}`);
}

function showProgress(done, all, startedAt) {
  const rate = Math.round(done / ((performance.now() - startedAt) / 1_000));
  console.log(`trainees: ${done} of ${all}, ${rate} a second`);
}

function showRejected(errors) {
  for (const { line, code, message } of errors.slice(0, REJECTED_SHOWN))
    console.error(`line ${line}: ${code} ${message}`);
  if (errors.length > REJECTED_SHOWN) console.error(`and ${errors.length - REJECTED_SHOWN} more`);
}
