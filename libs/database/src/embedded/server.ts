import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Binaries } from './binaries.js';
import { EmbeddedPostgresError } from './embedded-error.js';
import { cannotRun, processOptions, type Site } from './programs.js';
import { findServer, type RunningServer, removeStaleLockFile } from './running-server.js';

const POLL_MS = 10;
/** Another process may take the port between our finding it and the server's binding it. */
const PORT_ATTEMPTS = 3;
const LOG_LIMIT_BYTES = 10_000_000;
const LOG_TAIL_LINES = 15;

/** For one installation on one machine, which also runs everything else. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '64MB',
  // Plans of short statements are not worth compiling.
  jit: 'off',
  // Saves the processes that would read ahead for us: all of the data is in memory anyway.
  io_method: 'sync',
  log_checkpoints: 'off',
  // The details and statements of an error hold personal data.
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
};

/** Answers the server that runs on the cluster, else starts one. */
export async function takeOverOrStart(site: Site, binaries: Binaries): Promise<RunningServer> {
  for (let attempt = 1; ; attempt++) {
    const left = await untilReadyOrGone(site);
    if (left) return left;
    removeStaleLockFile(site.cluster);
    const server = await startServer(site, binaries);
    if (server) return server;
    const tail = logTail(site);
    const isPortTaken = /could not bind|Address already in use/.test(tail);
    if (!isPortTaken || attempt >= PORT_ATTEMPTS) {
      throw new EmbeddedPostgresError(`PostgreSQL did not start on ${site.cluster}:\n${tail}`);
    }
  }
}

/** A server that an earlier process left behind: ready, or gone because that process was just stopping it. */
async function untilReadyOrGone(site: Site): Promise<RunningServer | undefined> {
  const deadline = performance.now() + site.startTimeoutMs;
  for (;;) {
    const server = findServer(site.cluster);
    if (!server || server.isReady) return server;
    if (performance.now() >= deadline) throw tooSlow(site);
    await delay(POLL_MS);
  }
}

/** `undefined` when the server ended before it was ready. */
async function startServer(site: Site, binaries: Binaries): Promise<RunningServer | undefined> {
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const args = ['-D', site.cluster, '-p', String(await freePort()), ...settings];
  const log = openLog(site);
  const child = spawn(binaries.postgres, args, { ...processOptions(site), stdio: ['ignore', log, log] });
  closeSync(log);
  child.unref();
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = cannotRun(binaries.postgres, error);
  });
  const deadline = performance.now() + site.startTimeoutMs;
  for (;;) {
    await delay(POLL_MS);
    if (failure) throw failure;
    if (hasEnded(child)) return undefined;
    const server = findServer(site.cluster);
    if (server?.isReady && server.pid === child.pid) return server;
    if (performance.now() >= deadline) {
      child.kill('SIGINT');
      throw tooSlow(site);
    }
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function tooSlow(site: Site): EmbeddedPostgresError {
  const seconds = Math.round(site.startTimeoutMs / 1_000);
  return new EmbeddedPostgresError(`PostgreSQL on ${site.cluster} is not ready after ${seconds} s:\n${logTail(site)}`);
}

/** A file, not a pipe: the server may outlive us, and must not fail when it then has something to say. */
function openLog(site: Site): number {
  const file = logFile(site);
  const isLong = existsSync(file) && statSync(file).size > LOG_LIMIT_BYTES;
  return openSync(file, isLong ? 'w' : 'a', 0o600);
}

function logFile(site: Site): string {
  return join(site.folder, 'postgres.log');
}

function logTail(site: Site): string {
  if (!existsSync(logFile(site))) return '';
  return readFileSync(logFile(site), 'utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n');
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
