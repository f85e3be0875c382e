import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Binaries, findPackage, prepareBinaries } from './binaries.js';
import { createCluster, createDatabase, urlOf } from './cluster.js';
import { makeDataFolder, readOrMakePassword, takeFolder } from './data-folder.js';
import { EmbeddedPostgresError } from './embedded-error.js';
import { processState } from './process-state.js';
import { processOptions, type Site } from './programs.js';
import { isServerOn, type RunningServer } from './running-server.js';
import { takeOverOrStart } from './server.js';
import { findServerUser } from './server-user.js';

/** Where an embedded PostgreSQL keeps its things. */
export interface EmbeddedPostgresOptions {
  /**
   * Holds the cluster, its password (mode 600) and its log; made when missing. When the server's user cannot enter it
   * (root's home), it becomes a link to a folder of its own below `fallbackRoot`.
   */
  readonly dataDir: string;
  /** Made when missing. @default 'lockstep' */
  readonly database?: string;
  /** @default '/var/lib/lockstep' */
  readonly fallbackRoot?: string;
  /** Folder of the package with the binaries. @default that of this platform, as npm installed it */
  readonly packageFolder?: string;
  /** Longest recovery after a crash that is waited for. Milliseconds. @default 120000 */
  readonly startTimeoutMs?: number;
}

/** A running server that belongs to this process. */
export interface EmbeddedPostgres {
  /** `postgres://lockstep:<password>@127.0.0.1:<port>/<database>`; the port may be another one at each start. */
  readonly url: string;
  /** Process id of the server; the others are its children. */
  readonly pid: number;
  /** Where the data really is. */
  readonly folder: string;
  /** The cluster was made by this start. */
  readonly isNew: boolean;
  /** Resolves when the server ends without having been stopped; never otherwise. */
  readonly lost: Promise<void>;
  /** Fast shutdown: open transactions are rolled back. Resolves when the server has gone; may be called twice. */
  stop(): Promise<void>;
  /** For a process that is about to exit: the server ends at once by itself, and recovers at its next start. */
  stopNow(): void;
}

const DEFAULT_FALLBACK_ROOT = '/var/lib/lockstep';
const DEFAULT_START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 30_000;
const POLL_MS = 10;
const WATCH_MS = 1_000;

/**
 * Runs a PostgreSQL of its own, from the binaries that npm installed, on 127.0.0.1 and a free port. As root it runs as the
 * user `postgres`, else `nobody`. Data is kept. A server that an earlier process left behind when it was killed is taken over.
 *
 * The server is in a session of its own, so that Ctrl-C in a terminal does not end it before its clients: call `stop`.
 *
 * @throws EmbeddedPostgresError saying what to do: no binaries for the platform, the folder in use by another process, not
 * writable or out of the server's reach, or the server's own last words
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const user = findServerUser();
  if (!user && process.getuid?.() === 0) {
    throw new EmbeddedPostgresError(
      'PostgreSQL does not run as root, and there is neither a user postgres nor nobody: set DATABASE_URL.',
    );
  }
  const packageFolder = options.packageFolder ?? findPackage();
  const folder = makeDataFolder(options.dataDir, options.fallbackRoot ?? DEFAULT_FALLBACK_ROOT, user);
  const release = takeFolder(folder);
  try {
    const startTimeoutMs = options.startTimeoutMs ?? DEFAULT_START_TIMEOUT_MS;
    const site = {
      folder,
      cluster: join(folder, 'cluster'),
      password: readOrMakePassword(folder),
      user,
      startTimeoutMs,
    };
    const binaries = prepareBinaries(packageFolder, join(folder, `binaries-${versionOf(packageFolder)}`), user);
    const isNew = !existsSync(site.cluster);
    if (isNew) await createCluster(site, binaries);
    const server = await takeOverOrStart(site, binaries);
    const database = options.database ?? 'lockstep';
    const life = lifeOf(site, binaries, server, release);
    // A server that refuses us must not stay behind.
    await createDatabase(site, server.port, database).catch(async (error: unknown) => {
      await life.stop();
      throw error;
    });
    return { url: urlOf(site, server.port, database), pid: server.pid, folder, isNew, ...life };
  } catch (error) {
    release();
    throw error;
  }
}

function versionOf(packageFolder: string): string {
  return (JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as { version: string }).version;
}

function lifeOf(site: Site, binaries: Binaries, server: RunningServer, release: () => void) {
  // Not by its lock file, which it removes a moment before it ends.
  const isRunning = () => isServerOn(site.cluster, processState(server.pid));
  let stopping: Promise<void> | undefined;
  let watch: NodeJS.Timeout | undefined;
  const lost = new Promise<void>((resolve) => {
    watch = setInterval(() => {
      if (isRunning()) return;
      clearInterval(watch);
      resolve();
    }, WATCH_MS);
    watch.unref();
  });
  const stop = async (): Promise<void> => {
    clearInterval(watch);
    if (isRunning()) askToStop(site, binaries, server.pid);
    const deadline = performance.now() + STOP_TIMEOUT_MS;
    while (isRunning()) {
      if (performance.now() >= deadline)
        throw new EmbeddedPostgresError(`PostgreSQL (process ${server.pid}) does not stop`);
      await delay(POLL_MS);
    }
    release();
  };
  const stopNow = (): void => {
    clearInterval(watch);
    if (isRunning()) askToStop(site, binaries, server.pid, 'immediate');
    release();
  };
  return { lost, stop: () => (stopping ??= stop()), stopNow };
}

function askToStop(site: Site, binaries: Binaries, pid: number, mode: 'fast' | 'immediate' = 'fast'): void {
  // Windows has no such signals.
  if (process.platform !== 'win32') process.kill(pid, mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
  else spawnSync(binaries.pgCtl, ['stop', '-D', site.cluster, '-m', mode, '-W'], processOptions(site));
}
