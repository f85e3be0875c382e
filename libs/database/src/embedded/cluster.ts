import { chownSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { quoteName } from '../quote-name.js';
import type { Binaries } from './binaries.js';
import { EmbeddedPostgresError } from './embedded-error.js';
import { runProgram, type Site } from './programs.js';

const USER = 'lockstep';

/** Where a database of the cluster is, password included. */
export function urlOf(site: Site, port: number, database: string): string {
  return `postgres://${USER}:${site.password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
}

/** Makes a cluster, under another name until it is whole: what an interrupted initdb leaves is no cluster. */
export async function createCluster(site: Site, binaries: Binaries): Promise<void> {
  const unfinished = `${site.cluster}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  const passwordFile = join(site.folder, 'password.initdb');
  writeFileSync(passwordFile, site.password, { mode: 0o600 });
  if (site.user) for (const path of [unfinished, passwordFile]) chownSync(path, site.user.uid, site.user.gid);
  const access = ['--username', USER, '--auth=scram-sha-256', '--pwfile', passwordFile];
  // The built-in locale depends on nothing that the system has installed.
  const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
  try {
    await runProgram(site, binaries.initdb, ['--pgdata', unfinished, ...access, ...locale]);
    renameSync(unfinished, site.cluster);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** Makes the database unless it is there. */
export async function createDatabase(site: Site, port: number, database: string): Promise<void> {
  const client = new pg.Client({ connectionString: urlOf(site, port, 'postgres'), connectionTimeoutMillis: 10_000 });
  await client.connect().catch((error: Error) => {
    const hint =
      (error as { code?: string }).code === '28P01' ? `; ${join(site.folder, 'password')} is not its password` : '';
    throw new EmbeddedPostgresError(`PostgreSQL on ${site.cluster} refuses us: ${error.message}${hint}`);
  });
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${quoteName(database)}`);
  } finally {
    await client.end();
  }
}
