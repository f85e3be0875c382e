/** Processes that outlive the script: started detached as a user of their own, found again by id and command line. */
import { execFileSync, spawn } from 'node:child_process';
import { chownSync, closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const STOP_LIMIT_MS = 30_000;
/** How long ports that an engine had before may take to be free again; then somebody else has them. */
const PORT_LIMIT_MS = 15_000;

/** The first of these users that exists, when root must not run the engine; undefined means "as whoever calls". */
export function ownerFor(users) {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const user of users) {
    const account = accounts.find(([name]) => name === user);
    if (account) return { uid: Number(account[2]), gid: Number(account[3]) };
  }
  throw new Error(`none of the users ${users.join(', ')} exists to run the engine as`);
}

/** Spawns in a session of its own so that neither Ctrl-C nor the end of this script reaches it. Output is appended to `log`. */
export function startDetached({ file, args, env, owner, cwd, log }) {
  const out = openSync(log, 'a', 0o600);
  if (owner) chownSync(log, owner.uid, owner.gid);
  const child = spawn(file, args, {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', out, out],
    uid: owner?.uid,
    gid: owner?.gid,
  });
  closeSync(out);
  child.unref();
  return child;
}

/**
 * Whether `pid` is alive and its command line names `marker`: after a reboot the number may belong to anybody. A
 * zombie counts as gone.
 */
export function isOurs(pid, marker) {
  if (!pid) return false;
  return commandLine(pid).includes(marker);
}

function commandLine(pid) {
  if (existsSync('/proc/self/cmdline')) {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    } catch {
      return '';
    }
  }
  try {
    return execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return '';
  }
}

/** Ends a process that is ours, kindly first; SIGKILL after 30 s. */
export async function stopProcess(pid, marker, signal = 'SIGTERM') {
  if (!isOurs(pid, marker)) return;
  process.kill(pid, signal);
  const gone = await waitUntil(() => !isOurs(pid, marker), STOP_LIMIT_MS);
  if (gone) return;
  process.kill(pid, 'SIGKILL');
  await waitUntil(() => !isOurs(pid, marker), STOP_LIMIT_MS);
}

/** Asks until the answer is yes; false when the time is up. A check that throws counts as no. */
export async function waitUntil(check, limitMs, everyMs = 250) {
  const deadline = Date.now() + limitMs;
  for (;;) {
    if (
      await Promise.resolve()
        .then(check)
        .catch(() => false)
    )
      return true;
    if (Date.now() > deadline) return false;
    await sleep(everyMs);
  }
}

/**
 * The wanted ports when all are free, else as many new ones. Below the range from which systems number outgoing
 * connections, so that an engine which was killed finds its port free again.
 */
export async function choosePorts(count, wanted) {
  // A killed process is gone from the process list before the system has closed its sockets: seconds on a busy machine.
  if (wanted?.length === count && (await waitUntil(() => areFree(wanted), PORT_LIMIT_MS))) return wanted;
  const ports = new Set();
  while (ports.size < count) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

async function areFree(ports) {
  return (await Promise.all(ports.map(isFree))).every(Boolean);
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

export function tail(path, lines = 40) {
  if (!existsSync(path)) return '(no log)';
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
}
