import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** Below the ports that the system hands out to whoever asks for any, and those of the engines. */
const FIRST = 10_000;
const COUNT = 9_000;
const ATTEMPTS = 200;

/**
 * A port that nobody else listens on, and that no other test is given until this process ends: between the moment that a
 * port is seen to be free and that a service listens on it, another suite's service could otherwise take it and answer in
 * its place.
 */
export async function takePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (reserve(port) && (await isFree(port))) return port;
  }
  throw new Error(`no free port from ${FIRST} to ${FIRST + COUNT - 1}`);
}

/** By a file that says who has it; one of a process that is gone counts for nothing. */
function reserve(port: number): boolean {
  const folder = join(tmpdir(), `lockstep-test-ports-${userInfo().username}`);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, String(port));
  if (write(file)) return true;
  if (isAlive(readOwner(file))) return false;
  rmSync(file, { force: true });
  return write(file);
}

function write(file: string): boolean {
  try {
    const handle = openSync(file, 'wx');
    writeSync(handle, String(process.pid));
    closeSync(handle);
    return true;
  } catch {
    return false;
  }
}

/** Undefined where it is just being written. */
function readOwner(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number | undefined): boolean {
  if (pid === undefined) return true;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** At every address: services listen on all of them. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}
