import { spawn } from 'node:child_process';
import { EmbeddedPostgresError } from './embedded-error.js';
import type { ServerUser } from './server-user.js';

/** What every step needs to know. */
export interface Site {
  readonly folder: string;
  readonly cluster: string;
  readonly password: string;
  readonly user: ServerUser | undefined;
  readonly startTimeoutMs: number;
}

/** Runs a program of PostgreSQL's to its end. */
export async function runProgram(site: Site, program: string, args: readonly string[]): Promise<void> {
  const child = spawn(program, args, { ...processOptions(site), stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (error) => reject(cannotRun(program, error)));
    child.once('close', resolve);
  });
  if (code !== 0) throw new EmbeddedPostgresError(`${program} failed (${code}):\n${said.trimEnd()}`);
}

/** How every program of PostgreSQL's is run. */
export function processOptions({ folder, user }: Site) {
  // A session of its own keeps the terminal's Ctrl-C away from it. The environment could redirect it (PGDATA, PGPORT ...).
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PG')));
  // glibc else keeps what one large statement has needed, in each of some 40 processes.
  const settled = { LC_ALL: 'C', MALLOC_TRIM_THRESHOLD_: '262144' };
  return { ...user, cwd: folder, detached: true, windowsHide: true, env: { ...env, ...settled } };
}

/** What is said when the system does not even start a program. */
export function cannotRun(program: string, error: Error): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    `${program} cannot be run (${error.message}): set DATABASE_URL to a PostgreSQL instead.`,
  );
}
