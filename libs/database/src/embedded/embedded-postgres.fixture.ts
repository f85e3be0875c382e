import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, cpSync, lstatSync, mkdtempSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { build } from 'vite';
import { findPackage } from './binaries.js';
import type { EmbeddedPostgres, EmbeddedPostgresOptions } from './embedded-postgres.js';
import { processState } from './process-state.js';

/** What a test leaves to be cleaned up. */
const servers: EmbeddedPostgres[] = [];
const children: ChildProcess[] = [];
const folders: string[] = [];

/** A folder of the test's own that every user can enter. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-embedded-'));
  chmodSync(folder, 0o755);
  folders.push(folder);
  return folder;
}

/** To be stopped when the test is over. */
export function keep(server: EmbeddedPostgres): EmbeddedPostgres {
  servers.push(server);
  return server;
}

/** Ends what the test has started and removes its folders. */
export async function cleanUp(): Promise<void> {
  for (const server of servers.splice(0)) await server.stop();
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** The package as `npm ci --ignore-scripts` leaves it: without the aliases of its libraries. */
export function copyPackageWithoutAliases(into: string): string {
  const folder = join(into, 'package');
  cpSync(findPackage(), folder, { recursive: true, verbatimSymlinks: true });
  const libraries = join(folder, 'native', 'lib');
  for (const name of readdirSync(libraries)) {
    const path = join(libraries, name);
    if (lstatSync(path).isSymbolicLink()) unlinkSync(path);
  }
  return folder;
}

/** What an owner in a process of its own says once its server is ready, or why it is not. */
interface Owner {
  readonly child: ChildProcess;
  readonly url: string;
  readonly pid: number;
  readonly error: string | undefined;
}

/**
 * Runs an embedded PostgreSQL in a process of its own, as the user `uid` unless as ourselves: from one file that every
 * user can read, wherever the repository is.
 */
export async function startOwner(options: EmbeddedPostgresOptions, uid?: number): Promise<Owner> {
  const main = await bundleOwner();
  const given = JSON.stringify({ packageFolder: findPackage(), ...options });
  const child = spawn(process.execPath, [main, given], {
    ...(uid === undefined ? {} : { uid, gid: uid }),
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  for await (const line of createInterface({ input: child.stdout! })) {
    const said = JSON.parse(line);
    return { child, error: undefined, ...said };
  }
  throw new Error('the owner said nothing');
}

async function bundleOwner(): Promise<string> {
  const outDir = makeFolder();
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true, external: ['pg-native'] },
    build: {
      outDir,
      ssr: fileURLToPath(new URL('./owner.fixture.ts', import.meta.url)),
      rolldownOptions: { output: { entryFileNames: 'owner.mjs' } },
    },
  });
  return join(outDir, 'owner.mjs');
}

/** Kills a process and waits until it has gone. */
export async function killHard(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await ended;
}

/** Rows of a statement on a connection of its own. */
export async function query<T extends pg.QueryResultRow>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** True while something runs under the process id. */
export function isRunning(pid: number): boolean {
  return processState(pid) !== undefined;
}
