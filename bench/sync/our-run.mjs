/** A rebuild by the services, triggered and followed as an operator does. */
import { setTimeout as sleep } from 'node:timers/promises';
import { watchCpu } from '../machine/cpu-watch.mjs';
import { call, logTail, processGroups, query } from './place.mjs';

const LOOK_EVERY_MS = 250;
const ENDED = ['succeeded', 'incomplete', 'failed', 'cancelled', 'held'];
const MASTER_ALIAS = 'masterdoctorindex';

/**
 * Runs a rebuild to its end, which must be `succeeded`. Times are those that the run itself states, from its acceptance to
 * its end; a phase that nothing provides is absent. `documents` are the rows of the master, those of deleted doctors included.
 */
export async function measureOurRun(place, limitMs) {
  const [before] = await query(place, 'SELECT count(*)::int AS masters FROM integration.master_doctor');
  const stopWatch = watchCpu(processGroups(place));
  const { runId } = await call(place, 'integration', 'POST', '/api/sync');
  const run = await untilEnded(place, runId, limitMs);
  const cpu = stopWatch();
  if (run.state !== 'succeeded') throw new Error(describeFailure(place, run));
  await assertServed(place);
  const phases = run.phases.filter(({ state }) => state === 'done').map(toPhase);
  const { documents } = phases.find(({ name }) => name === 'master');
  const seconds = secondsBetween(run.createdAt, run.finishedAt);
  return { runId, mastersBefore: before.masters, documents, seconds, perSecond: documents / seconds, phases, cpu };
}

async function untilEnded(place, runId, limitMs) {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const run = await call(place, 'integration', 'GET', `/api/sync/runs/${runId}`);
    if (ENDED.includes(run.state)) return run;
    if (performance.now() > deadline) throw new Error(`after ${limitMs} ms ${describeFailure(place, run)}`);
    await sleep(LOOK_EVERY_MS);
  }
}

/** `verify` and `swap` count nothing; they have a time and no rate. */
function toPhase({ name, startedAt, finishedAt, received }) {
  const seconds = secondsBetween(startedAt, finishedAt);
  return { name, seconds, documents: received, perSecond: received > 0 ? received / seconds : null };
}

/** A fast run that served the wrong number of doctors would be no run. */
async function assertServed(place) {
  const [{ live }] = await query(
    place,
    'SELECT count(*)::int AS live FROM integration.master_doctor WHERE NOT deleted',
  );
  const served = await place.elastic.count(place.prefix + MASTER_ALIAS);
  if (served !== live) throw new Error(`${MASTER_ALIAS} serves ${served} doctors of ${live}`);
}

function describeFailure(place, run) {
  const logs = Object.entries(place.services).map(([app, service]) => `--- ${app}\n${logTail(service)}`);
  return `run ${run.runId} is ${run.state}: ${JSON.stringify(run.error ?? run.phases)}\n${logs.join('\n')}`;
}

function secondsBetween(from, to) {
  return (Date.parse(to) - Date.parse(from)) / 1_000;
}
