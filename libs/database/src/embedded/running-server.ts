import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type ProcessState, processState } from './process-state.js';

/** A server on a cluster, as its lock file tells. */
export interface RunningServer {
  readonly pid: number;
  readonly port: number;
  /** It answers; before that it starts or recovers, after that it stops. */
  readonly isReady: boolean;
}

/** Line of `postmaster.pid` (counted from 0) with the port, and with the state. */
const PORT_LINE = 3;
const STATE_LINE = 7;

/** Reads the text of a `postmaster.pid`. `undefined` when it is cut off. */
export function parseLockFile(text: string): RunningServer | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  const [pid, port] = [Number(lines[0]), Number(lines[PORT_LINE])];
  return pid > 0 ? { pid, port: port || 0, isReady: lines[STATE_LINE] === 'ready' } : undefined;
}

/** True when what runs under the lock file's process id is a server on that cluster, and not one that got its id later. */
export function isServerOn(cluster: string, state: ProcessState | undefined): boolean {
  if (!state) return false;
  return (
    process.platform === 'win32' || (/postgres/.test(state.command) && `${state.command} `.includes(` ${cluster} `))
  );
}

/** The server that runs on a cluster. */
export function findServer(cluster: string): RunningServer | undefined {
  const text = readLockFile(cluster);
  const server = text === undefined ? undefined : parseLockFile(text);
  return server && isServerOn(cluster, processState(server.pid)) ? server : undefined;
}

/**
 * Removes a lock file that nobody holds any more. PostgreSQL does so itself, unless the process id in it belongs to another
 * process by now, as is usual in containers, or to a zombie: then it refuses to start.
 */
export function removeStaleLockFile(cluster: string): void {
  if (existsSync(lockFile(cluster)) && !findServer(cluster)) rmSync(lockFile(cluster), { force: true });
}

function readLockFile(cluster: string): string | undefined {
  try {
    return readFileSync(lockFile(cluster), 'utf8');
  } catch {
    return undefined;
  }
}

function lockFile(cluster: string): string {
  return join(cluster, 'postmaster.pid');
}
