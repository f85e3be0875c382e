import { existsSync, readdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('../', import.meta.url));
/** Within the tree of the packages, so that what is left out of a bundle is found. */
const BUNDLES = join(root, 'node_modules/.cache/lockstep/services');
const APPS = ['tcs', 'integration', 'recommendation', 'connection', 'import', 'shop-update', 'returns'];

/**
 * Bundles what was compiled of each service into one file, unless that is newer than all it is made of, and tells `startService`
 * where they are. A service has 3,000 files, and loading them takes more CPU than anything else that a test which kills services
 * does. The compiled files as they are run in the tests that name them: those of Compose, of `nest build` and of the standalone.
 * Vitest calls this once a project.
 */
export async function setup(): Promise<void> {
  if (process.env['LOCKSTEP_TEST_SERVICES']) return;
  // Without a build `startService` says what to do.
  const compiled = APPS.filter((app) => existsSync(mainOf(app)));
  const madeOf = [join(root, 'node_modules/.package-lock.json'), ...compiledFiles()];
  const newestMs = Math.max(...madeOf.map(writtenMs));
  for (const app of compiled) if (writtenMs(join(BUNDLES, `${app}.mjs`)) <= newestMs) await bundle(app);
  process.env['LOCKSTEP_TEST_SERVICES'] = BUNDLES;
}

function mainOf(app: string): string {
  return join(root, 'apps', app, 'dist/main.js');
}

function compiledFiles(): string[] {
  const packages = ['apps', 'libs'].flatMap((kind) =>
    readdirSync(join(root, kind)).map((name) => join(root, kind, name)),
  );
  const dists = packages.map((path) => join(path, 'dist')).filter(existsSync);
  const files = dists.flatMap((dist) => readdirSync(dist, { recursive: true }).map((name) => join(dist, String(name))));
  return files.filter((file) => file.endsWith('.js'));
}

/** 0 when there is no such file. */
function writtenMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

async function bundle(app: string): Promise<void> {
  const bundled = await rolldown({
    input: mainOf(app),
    platform: 'node',
    // These hand out a class through two kinds of modules at once.
    external: [/^pg($|-)/],
    // Nest asks for packages that are used where they are there.
    logLevel: 'silent',
  });
  // Aside first: another run may be starting services of the former one.
  const aside = join(BUNDLES, `${app}.${process.pid}.mjs`);
  await bundled.write({ file: aside, format: 'esm', keepNames: true, codeSplitting: false });
  await bundled.close();
  renameSync(aside, join(BUNDLES, `${app}.mjs`));
}
