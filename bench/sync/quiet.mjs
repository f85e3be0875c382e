/** Waiting until nothing is under way: a run that competes with what loading has left behind measures both. */
import { setTimeout as sleep } from 'node:timers/promises';
import { watchCpu } from '../machine/cpu-watch.mjs';
import { enginePids, query } from './place.mjs';

const LOOK_EVERY_MS = 500;
/** The broker's own figures are up to five seconds old. */
const QUIET_LOOKS = 12;
const STALL_LIMIT_MS = 120_000;

const REST_LIMIT_MS = 60_000;
const REST_LOOKS = 3;
/** Seconds of CPU a second, by the three engines together. */
const REST_CPU = 0.15;

/** Resolves when every outbox and every queue has been empty for six seconds; fails after `limitMs`, or two minutes without movement. */
export async function untilLivePathIsQuiet(place, limitMs) {
  const startedAt = performance.now();
  const schemas = await query(
    place,
    `SELECT table_schema AS name FROM information_schema.tables WHERE table_name = 'outbox'`,
  );
  const outboxes = schemas
    .map(({ name }) => `SELECT '${name}.outbox' AS name, count(*)::int AS messages FROM "${name}".outbox`)
    .join(' UNION ALL ');
  let last = '';
  let movedAt = performance.now();
  for (let looks = 0; looks < QUIET_LOOKS; await sleep(LOOK_EVERY_MS)) {
    const waiting = await listWaiting(place, outboxes);
    looks = waiting === '' ? looks + 1 : 0;
    const now = performance.now();
    if (waiting !== last) movedAt = now;
    last = waiting;
    if (waiting !== '' && (now - movedAt > STALL_LIMIT_MS || now - startedAt > limitMs)) {
      const seconds = Math.round((now - movedAt) / 1_000);
      throw new Error(`live messages are left, the same for ${seconds} s: ${waiting}`);
    }
  }
  return (performance.now() - startedAt) / 1_000;
}

/** What is under way, place by place with its number of messages; empty when nothing is. */
async function listWaiting(place, outboxes) {
  const queues = (await place.rabbit.queues()).filter(({ messages }) => messages > 0);
  const parked = queues.find(({ name }) => name.endsWith('.dead'));
  if (parked) throw new Error(`${parked.name} holds ${parked.messages} messages that loading has parked`);
  const rows = outboxes ? await query(place, outboxes) : [];
  const filled = rows.filter(({ messages }) => messages > 0);
  return [...filled, ...queues].map(({ name, messages }) => `${name} ${messages}`).join(', ');
}

/**
 * Resolves when merges, checkpoints and vacuums of what came before have ended, or after a minute: on an engine that others
 * use they never do, and the share of others is measured anyway.
 */
export async function untilEnginesRest(engines) {
  const groups = enginePids(engines);
  const deadline = performance.now() + REST_LIMIT_MS;
  for (let looks = 0; looks < REST_LOOKS && performance.now() < deadline; ) {
    const stop = watchCpu(groups);
    await sleep(1_000);
    const { seconds, cpuSeconds } = stop();
    const used = Object.keys(groups).reduce((sum, name) => sum + cpuSeconds[name], 0) / seconds;
    looks = used < REST_CPU ? looks + 1 : 0;
  }
}
