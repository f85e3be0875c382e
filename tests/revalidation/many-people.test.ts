import { readFileSync } from 'node:fs';
import { generatePeople } from '@lockstep/demo-data';
import { describeWithEngines } from '@lockstep/testing';
import { expect, it } from 'vitest';
import { loadPeople, londonToday } from '../stage/people.js';
import { type App, type Stage, useStage } from '../stage/stage.js';
import { dayOfRun, issuesOf, phaseOf, type RunView, sync } from '../stage/sync-run.js';
import { allEqual, compareWithSource } from './compare.js';
import { recomputeWarnings } from './recompute.js';

/** In every run of all suites; the promise is for 100,000: LOCKSTEP_TEST_PEOPLE=100000 npx vitest run tests/revalidation/many-people.test.ts */
const PEOPLE = Number(process.env['LOCKSTEP_TEST_PEOPLE'] ?? 10_000);
/** For a hang, on a machine that is busy with others; 100,000 alone take two minutes. */
const LIMIT_MS = 600_000;
const RUN_LIMIT_MS = 500_000;

describeWithEngines(`${PEOPLE} people`, (engines) => {
  const stage = useStage(engines, { services: ['tcs', 'integration'] });
  let run: RunView;

  it(
    'are loaded as lines and rebuilt into the index in one run that succeeds',
    async () => {
      const began = performance.now();
      const loaded = await loadPeople(stage, generatePeople({ count: PEOPLE, seed: 7, asOf: londonToday() }));
      expect(loaded).toMatchObject({ received: PEOPLE, created: PEOPLE });
      const triggered = performance.now();
      run = await sync(stage, RUN_LIMIT_MS);
      const ended = performance.now();
      expect(run).toMatchObject({ state: 'succeeded', error: null });
      expect(phaseOf(run, 'trainees')).toMatchObject({
        expected: PEOPLE,
        received: PEOPLE,
        written: PEOPLE,
        rejected: 0,
      });
      for (const app of ['tcs', 'integration'] as const) console.info(`${app}: peak ${peakMemoryMb(stage, app)} MB`);
      console.info(durations(run));
      const perSecond = (from: number, to: number): number => Math.round((PEOPLE / (to - from)) * 1000);
      console.info(`loaded ${perSecond(began, triggered)} people/s, rebuilt ${perSecond(triggered, ended)} people/s`);
    },
    LIMIT_MS,
  );

  it(
    'are in the index exactly as a second computation from the source tables has them',
    async () => {
      const comparison = await compareWithSource(stage, await dayOfRun(stage, run.runId));
      expect(comparison).toEqual(allEqual(comparison.equal));
      // What is left out is a small part of the whole: an empty comparison would prove nothing.
      expect(comparison.equal).toBeGreaterThan(PEOPLE * 0.8);
      expect(phaseOf(run, 'master')).toMatchObject({ rejected: 0 });
      console.info(`${comparison.equal} documents equal in every field`);
    },
    LIMIT_MS,
  );

  it(
    'are warned about exactly as often, and for the same people, as the source tables say',
    async () => {
      const day = await dayOfRun(stage, run.runId);
      const expected = await stage.withDatabase((client) => recomputeWarnings(client, day));
      const issues = await issuesOf(stage, run.runId);
      expect(issues.filter(({ severity }) => severity !== 'warning')).toEqual([]);
      expect(countByCode(issues)).toEqual(countByCode(expected));
      const named = (list: { code: string; key: string }[]): string[] =>
        list.map(({ code, key }) => `${code} ${key}`).sort();
      expect(named(issues)).toEqual(named(expected));
      console.info(`warnings: ${JSON.stringify(countByCode(issues))}`);
    },
    LIMIT_MS,
  );

  it(
    'are rebuilt a second time, by a database that has statistics of the first, and no doctor changes',
    async () => {
      const versions = async (): Promise<unknown> =>
        stage.query('SELECT count(*)::int AS rows, sum(version)::bigint AS versions FROM integration.master_doctor');
      const before = await versions();
      // As autovacuum does within minutes; plans that were good on unknown tables may turn bad on known ones.
      await stage.query('ANALYZE');
      const second = await sync(stage, RUN_LIMIT_MS);
      expect(second).toMatchObject({ state: 'succeeded', error: null });
      console.info(`second: ${durations(second)}`);
      const day = await dayOfRun(stage, second.runId);
      // On the next day other memberships are current.
      if (day === (await dayOfRun(stage, run.runId))) expect(await versions()).toEqual(before);
      const comparison = await compareWithSource(stage, day);
      expect(comparison).toEqual(allEqual(comparison.equal));
    },
    LIMIT_MS,
  );
});

/** The most memory the process ever held, as Linux counts it. */
function peakMemoryMb(stage: Stage, app: App): number | 'an unknown number of' {
  try {
    const status = readFileSync(`/proc/${stage.service(app).pid()}/status`, 'utf8');
    return Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024);
  } catch {
    return 'an unknown number of';
  }
}

function durations({ phases }: RunView): string {
  const done = phases.filter(({ state }) => state === 'done');
  return done
    .map(({ name, startedAt, finishedAt }) => `${name} ${(Date.parse(finishedAt) - Date.parse(startedAt)) / 1000} s`)
    .join(', ');
}

function countByCode(issues: { code: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { code } of issues) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}
