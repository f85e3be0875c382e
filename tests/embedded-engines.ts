import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, EmbeddedPostgresError, startEmbeddedPostgres } from '@lockstep/database';
import type { EmbeddedVariables } from '@lockstep/testing';
import pg from 'pg';

/**
 * Runs beside us and outlives us: once our end of its input is closed, by whatever end this process finds, it ends the server
 * that is still named by its lock file and removes the folders. At once: nobody needs the data.
 */
const GUARD = `
  const { readFileSync, realpathSync, rmSync } = require('node:fs');
  const [folder] = process.argv.slice(1);
  process.stdin.resume().on('close', () => {
    const options = { recursive: true, force: true, maxRetries: 20, retryDelay: 250 };
    try {
      // Elsewhere when the server's user could not enter the temporary folder.
      const data = realpathSync(folder + '/postgres');
      try {
        process.kill(parseInt(readFileSync(data + '/cluster/postmaster.pid', 'utf8'), 10), 'SIGQUIT');
      } catch {}
      rmSync(data, options);
    } catch {}
    rmSync(folder, options);
  });`;

let end: (() => Promise<void>) | undefined;

/**
 * Starts one embedded PostgreSQL for the whole run and tells every suite where it is, or why there is none. Vitest calls this
 * once a project, each time in a module of its own: the first call starts it.
 */
export async function setup(): Promise<void> {
  const variables: EmbeddedVariables = process.env;
  if (variables.LOCKSTEP_TEST_EMBEDDED_URL || variables.LOCKSTEP_TEST_EMBEDDED_REASON) return;
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-tests-'));
  // Whoever the server runs as must be able to pass through; the data itself is closed.
  chmodSync(folder, 0o711);
  const cleanUp = guard(folder);
  try {
    const server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
    await forgetSafety(server);
    process.env['LOCKSTEP_TEST_EMBEDDED_URL'] = server.url;
    end = async () => {
      await server.stop();
      await cleanUp();
    };
  } catch (error) {
    await cleanUp();
    if (!(error instanceof EmbeddedPostgresError)) throw error;
    process.env['LOCKSTEP_TEST_EMBEDDED_REASON'] = error.message;
  }
}

/** Ends what this module's own {@link setup} has started. */
export async function teardown(): Promise<void> {
  await end?.();
}

/** Answers what ends the guard, and waits until it has removed everything. */
function guard(folder: string): () => Promise<void> {
  const child = spawn(process.execPath, ['-e', GUARD, folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  child.unref();
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return async () => {
    child.ref();
    child.stdin.end();
    await ended;
  };
}

/** Waiting for the disk protects from power cuts, after which nobody reads this data. */
async function forgetSafety({ url }: EmbeddedPostgres): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const setting of ['fsync', 'full_page_writes']) await client.query(`ALTER SYSTEM SET ${setting} = off`);
    await client.query('SELECT pg_reload_conf()');
  } finally {
    await client.end();
  }
}
