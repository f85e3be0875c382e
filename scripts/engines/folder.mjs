/**
 * Where the engines of tests and benchmarks live: `<temporary folder>/lockstep-engines-<uid>/`, one subfolder an
 * engine with its data, its log and `process.json`, and `engines.json` with the URLs for everybody else.
 */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const uid = process.getuid?.() ?? 'user';
export const enginesFolder = join(tmpdir(), `lockstep-engines-${uid}`);
export const stateFile = join(enginesFolder, 'engines.json');
/** Another start may be unpacking Elasticsearch for the first time. */
const LOCK_WAIT_MS = 300_000;

/** Creates the folder, refusing one that somebody else planted under the same name in the shared temporary folder. */
export function ensureEnginesFolder() {
  mkdirSync(enginesFolder, { recursive: true, mode: 0o755 });
  if (statSync(enginesFolder).uid !== (process.getuid?.() ?? statSync(enginesFolder).uid)) {
    throw new Error(`${enginesFolder} belongs to another user; set TMPDIR to a folder of your own`);
  }
  chmodSync(enginesFolder, 0o755);
  if (process.getuid?.() === 0) assertReachableByOthers(enginesFolder);
}

/** Engines that root starts run as another user, who must be able to walk down to the data. */
function assertReachableByOthers(folder) {
  for (let path = folder; path !== dirname(path); path = dirname(path)) {
    if ((statSync(path).mode & 0o001) === 0) {
      throw new Error(`${path} cannot be entered by the users that the engines run as; set TMPDIR to another folder`);
    }
  }
}

export function makeFolder(path, owner) {
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o700);
  if (owner) chownSync(path, owner.uid, owner.gid);
  return path;
}

export function writeOwned(path, text, owner) {
  writeFileSync(path, text, { mode: 0o600 });
  if (owner) chownSync(path, owner.uid, owner.gid);
  return path;
}

export function readJson(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

/** Whole or not at all, readable by its owner only: the URLs carry passwords. */
export function writeJson(path, value) {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, path);
}

/** One start or stop at a time; the lock of a process that died is taken over. */
export async function withLock(action) {
  const lock = join(enginesFolder, '.lock');
  const deadline = Date.now() + LOCK_WAIT_MS;
  while (!tryLock(lock)) {
    if (Date.now() > deadline) throw new Error(`${lock} is still held by process ${readFileSync(lock, 'utf8')}`);
    await sleep(200);
  }
  try {
    return await action();
  } finally {
    rmSync(lock, { force: true });
  }
}

function tryLock(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  const holder = existsSync(lock) ? Number(readFileSync(lock, 'utf8')) : 0;
  if (holder > 0 && !isAlive(holder)) rmSync(lock, { force: true });
  return false;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
