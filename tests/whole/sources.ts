import { generateGmcDoctors, generatePeople, generateRecommendations } from '@lockstep/demo-data';
import { type GoldenGmcDoctor, waitFor } from '@lockstep/testing';
import { expect } from 'vitest';
import { type BulkAnswer, loadLines, loadPeople } from '../stage/people.js';
import type { Stage } from '../stage/stage.js';

/** GMC does not know everybody. */
const DOCTORS_A_PERSON = 0.95;

const LOOK_EVERY_MS = 250;
/** How long nothing must wait: as long as RabbitMQ's figures may be old, or as a message may be between two looks. */
const QUIET_MS = { real: 6_000, embedded: 1_500 };

/** What was loaded of each kind. */
export interface Loaded {
  people: number;
  doctors: number;
  recommendations: number;
}

export function loadGmcDoctors(stage: Stage, doctors: Iterable<object>): Promise<BulkAnswer> {
  return loadLines(stage, 'recommendation', '/api/gmc-doctors/bulk', doctors);
}

function loadRecommendations(stage: Stage, recommendations: Iterable<object>): Promise<BulkAnswer> {
  return loadLines(stage, 'recommendation', '/api/recommendations/bulk', recommendations);
}

/** Generated people, the doctors that GMC knows of them and others, and their recommendations, by the bulk routes. */
export async function loadGenerated(stage: Stage, people: number, asOf: string): Promise<Loaded> {
  const options = { seed: 11, asOf };
  const doctors = { ...options, count: Math.round(people * DOCTORS_A_PERSON) };
  return {
    people: (await loadPeople(stage, generatePeople({ ...options, count: people }))).received,
    doctors: (await loadGmcDoctors(stage, generateGmcDoctors(doctors))).received,
    recommendations: (await loadRecommendations(stage, generateRecommendations(doctors))).received,
  };
}

/** Golden doctors in the order in which they are told: people, doctors one by one, recommendations, snapshots, deletions. */
export async function loadGolden(
  stage: Stage,
  golden: readonly (Pick<GoldenGmcDoctor, 'people' | 'deleted'> & Partial<GoldenGmcDoctor>)[],
): Promise<void> {
  const all = <T>(of: (one: (typeof golden)[number]) => readonly T[] | undefined): T[] =>
    golden.flatMap((one) => of(one) ?? []);
  for (const { personId, ...body } of all(({ people }) => people)) {
    await send(stage, 'tcs', 'PUT', `/api/trainees/${personId}`, body);
  }
  for (const personId of all(({ deleted }) => deleted)) await send(stage, 'tcs', 'DELETE', `/api/trainees/${personId}`);
  for (const { gmcNumber, ...body } of all(({ gmcDoctors }) => gmcDoctors)) {
    await send(stage, 'recommendation', 'PUT', `/api/gmc-doctors/${encodeURIComponent(gmcNumber)}`, body);
  }
  await loadRecommendations(
    stage,
    all(({ recommendations }) => recommendations),
  );
  for (const { designatedBodyCode, ...body } of all(({ snapshots }) => snapshots)) {
    const path = `/api/gmc-doctors/designated-bodies/${designatedBodyCode}/snapshot`;
    await send(stage, 'recommendation', 'POST', path, body);
  }
  for (const gmcNumber of all(({ deletedGmcDoctors }) => deletedGmcDoctors)) {
    await send(stage, 'recommendation', 'DELETE', `/api/gmc-doctors/${gmcNumber}`);
  }
}

/** A call that must be taken. */
export async function send(
  stage: Stage,
  app: 'tcs' | 'recommendation',
  method: 'PUT' | 'POST' | 'DELETE',
  path: string,
  body?: object,
): Promise<void> {
  const answer = await stage.call(app, method, path, body ? { body } : {});
  expect([200, 201, 204], `${method} ${path}: ${JSON.stringify(answer.body)}`).toContain(answer.status);
}

/**
 * Waits until what loading has left behind is worked off: every outbox and every queue empty, for as long as the broker's
 * figures may be old.
 */
export async function untilQuiet(stage: Stage, timeoutMs = 180_000): Promise<void> {
  let emptySince: number | undefined;
  const quietFor = async (): Promise<number> => {
    const waiting = await countWaiting(stage);
    emptySince = waiting > 0 ? undefined : (emptySince ?? performance.now());
    return emptySince === undefined ? -waiting : performance.now() - emptySince;
  };
  await waitFor('the live path to be quiet', quietFor, {
    timeoutMs,
    everyMs: LOOK_EVERY_MS,
    until: (ms) => ms >= QUIET_MS[stage.engines.kind],
  });
}

async function countWaiting(stage: Stage): Promise<number> {
  const schemas = await stage.query<{ name: string }>(
    `SELECT table_schema AS name FROM information_schema.tables WHERE table_name = 'outbox'`,
  );
  const counts = schemas.map(({ name }) => `SELECT count(*)::int AS waiting FROM ${name}.outbox`).join(' UNION ALL ');
  const rows = await stage.query<{ waiting: number }>(counts);
  return rows.reduce((sum, { waiting }) => sum + waiting, await stage.countMessages());
}
