/**
 * `npm test [-- <vitest arguments>]`: builds, runs every suite and ends with the line `N passed, N failed, N skipped`.
 * Suites run on an embedded PostgreSQL; those on the real engines when `npm run engines` has started some or the URL variables
 * name them. Otherwise these are skipped, and the reason is printed above that line.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseCLI, startVitest } from 'vitest/node';

const root = fileURLToPath(new URL('..', import.meta.url));

function build() {
  const compiler = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));
  const { status } = spawnSync(process.execPath, [compiler, '-b'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return status === 0;
}

async function runSuites(args) {
  const { filter, options } = parseCLI(['vitest', 'run', ...args]);
  const vitest = await startVitest('test', filter, { ...options, root, watch: false });
  const modules = vitest.state.getTestModules();
  const summary = summarise(modules, vitest.state.getUnhandledErrors());
  await vitest.close();
  return summary;
}

/** A file that cannot be loaded and an error outside every test count as failures: they hide tests that never ran. */
function summarise(modules, unhandledErrors) {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const count = (state) => tests.filter((test) => test.result().state === state).length;
  const broken = modules.filter((module) => !module.ok() && ![...module.children.allTests('failed')].length).length;
  const finished = count('passed') + count('failed');
  return {
    passed: count('passed'),
    failed: count('failed') + broken + unhandledErrors.length,
    skipped: tests.length - finished,
    notes: tests.filter((test) => !['passed', 'failed'].includes(test.result().state)).map(describeSkipped),
  };
}

function describeSkipped(test) {
  return `skipped: ${test.module.relativeModuleId} > ${test.fullName}: ${test.result().note ?? 'no reason given'}`;
}

function report({ passed, failed, skipped, notes }) {
  for (const note of notes) console.log(note);
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  // A handle that a suite left open must not keep the run alive.
  process.exit(failed > 0 || passed === 0 ? 1 : 0);
}

if (build()) {
  report(await runSuites(process.argv.slice(2)));
} else {
  console.log('the build failed, so no test was run');
  report({ passed: 0, failed: 1, skipped: 0, notes: [] });
}
