/** A PostgreSQL cluster of our own: real durability settings, so that what a benchmark measures is what production pays. */
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeOwned } from './folder.mjs';
import { findOrInstall, postgresBin } from './install.mjs';
import { isOurs } from './process.mjs';

export const postgres = {
  name: 'postgres',
  users: ['postgres', 'nobody'],
  portCount: 1,
  /** Fast shutdown: open transactions are rolled back instead of waited for. */
  stopSignal: 'SIGINT',

  install: () => ({ bin: findOrInstall('PostgreSQL 15 or newer', postgresBin, ['postgresql']) }),

  prepare({ folder, owner, password, pid }, { bin }) {
    const data = join(folder, 'data');
    if (!existsSync(join(data, 'PG_VERSION'))) createCluster({ bin, data, folder, owner, password });
    // PostgreSQL refuses to start while the id in a stale lock file belongs to any living process.
    const lock = join(data, 'postmaster.pid');
    if (existsSync(lock) && !isOurs(pid, data)) rmSync(lock);
    return { data };
  },

  command({ bin, data }, { ports }) {
    const settings = {
      listen_addresses: '127.0.0.1',
      port: ports[0],
      unix_socket_directories: '',
      max_connections: 300,
      shared_buffers: '256MB',
    };
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    return { file: join(bin, 'postgres'), args: ['-D', data, ...args], env: process.env };
  },

  async isReady(record) {
    // Loaded here, so that engines can be stopped while the packages are being installed anew.
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: url(record, 'postgres'), connectionTimeoutMillis: 10_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const { rowCount } = await client.query(`select 1 from pg_database where datname = 'lockstep'`);
      if (rowCount === 0) await client.query('create database lockstep');
      return true;
    } finally {
      await client.end();
    }
  },

  logs: ['output.log'],

  urls: (record) => ({ DATABASE_URL: url(record, 'lockstep') }),
};

function createCluster({ bin, data, folder, owner, password }) {
  rmSync(data, { recursive: true, force: true });
  const passwordFile = writeOwned(join(folder, 'password'), password, owner);
  const args = ['-D', data, '--username=lockstep', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  execFileSync(join(bin, 'initdb'), [...args, '--encoding=UTF8', '--no-locale'], {
    cwd: folder,
    uid: owner?.uid,
    gid: owner?.gid,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

function url({ ports, password }, database) {
  return `postgres://lockstep:${password}@127.0.0.1:${ports[0]}/${database}`;
}
