/**
 * `npm run bench [-- --only sync] [--sizes 10000,100000] [--pairs 3] [--max-other 20]`:
 * measures on the real engines, prints tables, writes the figures to `bench/results/`. Exits with 1 when a bar is missed or
 * could not be judged.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { benchImports } from './imports/imports.mjs';
import { cleanUp } from './machine/clean-up.mjs';
import { machineFacts } from './machine/facts.mjs';
import { benchReturns } from './returns/returns.mjs';
import { benchShop } from './shop/shop.mjs';
import { benchSync } from './sync/sync.mjs';

/** Each with the sizes that it measures unless told others. */
const BENCHES = {
  sync: { measure: benchSync, sizes: ['10000', '100000'] },
  imports: { measure: benchImports, sizes: ['100000', '1000000'] },
  shop: { measure: benchShop, sizes: ['10000', '1000000'] },
  returns: { measure: benchReturns, sizes: ['10000', '1000000'] },
};
const USAGE = `usage: npm run bench -- [--only ${Object.keys(BENCHES).join(',')}] [--sizes 10000,100000] [--pairs 3] [--max-other PERCENT]`;

cleanUp.onSignals();
try {
  process.exitCode = await main();
} catch (error) {
  // An interrupted bench fails everywhere at once; that it was interrupted has been said.
  if (!cleanUp.isEnding) console.error(error.message);
  process.exitCode = 1;
} finally {
  await cleanUp.all();
}

async function main() {
  const { only, sizes, ...options } = readArguments();
  if (!existsSync('/proc/self/stat')) throw new Error('the bench reads CPU and memory from /proc: it needs Linux');
  const startedAt = performance.now();
  const say = (line) => console.error(`${((performance.now() - startedAt) / 1_000).toFixed(0).padStart(5)} s  ${line}`);
  let areMet = true;
  for (const name of only) {
    const { measure, sizes: usual } = BENCHES[name];
    const { isMet, figures } = await measure({ ...options, sizes: (sizes ?? usual).map(readSize), say });
    areMet &&= isMet;
    console.log(`\nfigures: ${writeResults(name, figures)}`);
  }
  return areMet ? 0 : 1;
}

function readArguments() {
  const names = ['only', 'sizes', 'pairs', 'max-other'];
  const { values } = parse(Object.fromEntries(names.map((name) => [name, { type: 'string' }])));
  const only = list(values.only) ?? Object.keys(BENCHES);
  if (only.some((name) => !Object.hasOwn(BENCHES, name))) throw new Error(USAGE);
  return {
    only,
    sizes: list(values.sizes),
    pairs: wholeNumber('--pairs', values.pairs ?? '3', 1, 5),
    maxOtherShare: wholeNumber('--max-other', values['max-other'] ?? '20', 1, 100) / 100,
  };
}

function readSize(size) {
  return wholeNumber('--sizes', size, 100, 5_000_000);
}

function parse(options) {
  try {
    return parseArgs({ options });
  } catch (error) {
    throw new Error(`${error.message}\n${USAGE}`);
  }
}

function list(text) {
  return text?.split(',').filter((part) => part !== '');
}

function wholeNumber(name, text, least, most) {
  const number = Number(text);
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw new Error(`${name}: a whole number from ${least} to ${most}\n${USAGE}`);
}

function writeResults(name, figures) {
  const folder = new URL('./results/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  const takenAt = new Date().toISOString();
  const file = `${name}-${takenAt.replace(/[:.]/g, '-')}.json`;
  writeFileSync(
    new URL(file, folder),
    `${JSON.stringify({ takenAt, machine: machineFacts(), ...figures }, null, 1)}\n`,
  );
  return `bench/results/${file}`;
}
