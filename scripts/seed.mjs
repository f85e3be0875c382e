// Fills a running Lockstep with deterministic, realistic data: npm run seed -- --trainees 10000 --products 1000 --returns 5000
import { parseArgs } from 'node:util';

const USAGE =
  'usage: npm run seed -- [--trainees N] [--gmc-doctors M] [--recommendations] [--products N] [--returns N] [--seed S] [--as-of yyyy-MM-dd]';
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
  const { trainees, gmcDoctors, isGmcAsked, withRecommendations, products, returns, seed, asOf } = readArguments();
  if (!token) throw new Error('LOCKSTEP_TOKEN is not set: give it a key with the role operator or admin');
  const { generateGmcDoctors, generatePeople, generateRecommendations, NotServedError } = await loadLibrary();
  await fillShop({ products, returns, seed, asOf });
  if (trainees + gmcDoctors === 0) return;
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

/** The catalogue, and orders with what came back of them. */
async function fillShop(options) {
  const { loadShopData } = await loadLibrary();
  const startedAt = performance.now();
  const all = await loadShopData({ url, token }, options, ({ kind, counts, expected, refused }) => {
    if (counts.received % 1_000 === 0) showProgress(kind, counts.received, expected, startedAt);
    showRejected(refused);
  });
  for (const [kind, counts] of Object.entries(all)) showTotals(kind, counts);
}

/** Sends all records; `expected` only feeds the progress shown. */
async function fill(name, path, records, expected) {
  const { sendRecords } = await loadLibrary();
  const startedAt = performance.now();
  const totals = await sendRecords({ url, token }, path, records, (counts, refused) => {
    showProgress(name, counts.received, expected, startedAt);
    showRejected(refused);
  });
  showTotals(name, totals);
}

function showTotals(name, { created, updated, unchanged, rejected }) {
  console.log(`${name}: ${created} created, ${updated} updated, ${unchanged} unchanged, ${rejected} rejected`);
  if (rejected > 0) process.exitCode = 1;
}

function readArguments() {
  const { values } = parse({
    trainees: { type: 'string' },
    'gmc-doctors': { type: 'string' },
    recommendations: { type: 'boolean' },
    products: { type: 'string' },
    returns: { type: 'string' },
    seed: { type: 'string' },
    'as-of': { type: 'string' },
  });
  const asked = values['gmc-doctors'];
  const [products, returns] = [Number(values.products ?? 0), Number(values.returns ?? 0)];
  const isShopAsked = values.products !== undefined || values.returns !== undefined;
  const trainees = Number(values.trainees ?? (asked === undefined && !isShopAsked ? 10_000 : 0));
  const gmcDoctors = Number(asked ?? Math.floor(trainees * GMC_SHARE));
  const seed = Number(values.seed ?? 1);
  const asOf = values['as-of'] ?? new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/London' }).format(new Date());
  requireCount('--trainees', trainees, 5_000_000);
  requireCount('--gmc-doctors', gmcDoctors, 3_000_000);
  requireCount('--products', products, 1_000_000);
  requireCount('--returns', returns, 5_000_000);
  if (!Number.isInteger(seed)) throw new Error(`--seed must be a whole number\n${USAGE}`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(asOf)) throw new Error(`--as-of must be a day, yyyy-MM-dd\n${USAGE}`);
  const withRecommendations = values.recommendations ?? false;
  const isGmcAsked = asked !== undefined || withRecommendations;
  return { trainees, gmcDoctors, isGmcAsked, withRecommendations, products, returns, seed, asOf };
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

async function loadLibrary() {
  return import('@lockstep/demo-data').catch((error) => {
    if (error.code === 'ERR_MODULE_NOT_FOUND') throw new Error('Lockstep is not built; run: npm run build');
    throw error;
  });
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
