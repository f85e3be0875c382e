/**
 * What Linux tells of processes under /proc: their families, the CPU they used, their largest memory. Processes of other
 * users are seen only by root; the engines of `npm run engines` run as the user who started them, or were started by root.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Linux reports CPU time in hundredths of a second, whatever its own tick. */
const TICKS_A_SECOND = 100;
const LISTENING = '0A';

/**
 * All processes at one moment, and the ticks in which the machine worked. Interrupts are left out: the kernel handles
 * loopback traffic in them, which belongs to those who talk. Time stolen by the host is in: it is lost to us like that of
 * a neighbour.
 */
export function takeSnapshot() {
  const [, user, nice, system, , , , , steal] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0].split(/\s+/);
  const processes = new Map();
  for (const pid of processIds()) {
    const found = readProcess(pid);
    if (found) processes.set(pid, found);
  }
  return { busyTicks: Number(user) + Number(nice) + Number(system) + Number(steal), processes, at: performance.now() };
}

/**
 * CPU seconds of these processes and all their descendants, those that ended and were waited for included; descendants
 * that are roots of another group (`except`) are left to it.
 */
export function cpuSecondsOf({ processes }, roots, except) {
  const family = new Set(roots);
  for (let size = -1; size !== family.size; ) {
    size = family.size;
    for (const [pid, { parent }] of processes) if (family.has(parent) && !except.has(pid)) family.add(pid);
  }
  let ticks = 0;
  for (const pid of family) ticks += processes.get(pid)?.ticks ?? 0;
  return ticks / TICKS_A_SECOND;
}

/** Most memory a process has held since it started, in MB; undefined when it has gone. */
export function maxRssMb(pid) {
  const kilobytes = tryRead(`/proc/${pid}/status`)?.match(/^VmHWM:\s+(\d+) kB$/m)?.[1];
  return kilobytes === undefined ? undefined : Math.round(Number(kilobytes) / 1024);
}

/** Id of the process that listens on a TCP port of this machine, the eldest of a family; undefined when none is visible. */
export function findListener(port) {
  const sockets = new Set(['tcp', 'tcp6'].flatMap((table) => listeningSockets(table, port)));
  const holders = processIds().filter((pid) => holdsOneOf(pid, sockets));
  return holders.find((pid) => !holders.includes(readProcess(pid)?.parent));
}

function processIds() {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0);
}

/** Its parent, and the ticks of itself and of the children it has waited for. */
function readProcess(pid) {
  const stat = tryRead(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name stands in parentheses and may hold blanks and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system, waitedUser, waitedSystem] = fields.slice(11, 15).map(Number);
  return { parent: Number(fields[1]), ticks: user + system + waitedUser + waitedSystem };
}

function listeningSockets(table, port) {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  return (tryRead(`/proc/net/${table}`) ?? '')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(`:${hexPort}`) && fields[3] === LISTENING)
    .map((fields) => `socket:[${fields[9]}]`);
}

function holdsOneOf(pid, sockets) {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => sockets.has(tryReadLink(`/proc/${pid}/fd/${fd}`)));
  } catch {
    return false;
  }
}

/** Processes and their files go away while they are listed. */
function tryRead(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function tryReadLink(path) {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
