import { describeWithEngines, generatePeople } from '@lockstep/testing';
import { expect, it } from 'vitest';
import { loadPeople, londonToday } from '../stage/people.js';
import { useStage } from '../stage/stage.js';
import { dayOfRun, issuesOf, phaseOf, type RunView, sync } from '../stage/sync-run.js';
import { allEqual, compareWithSource } from './compare.js';
import { recomputeWarnings } from './recompute.js';

const PEOPLE = 100_000;
const LIMIT_MS = 300_000;

describeWithEngines('a hundred thousand people', (engines) => {
  const stage = useStage(engines, { services: ['tcs', 'integration'] });
  let run: RunView;

  it(
    'are loaded as lines and rebuilt into the index in one run that succeeds',
    async () => {
      const began = performance.now();
      const loaded = await loadPeople(stage, generatePeople({ count: PEOPLE, seed: 7, asOf: londonToday() }));
      expect(loaded).toMatchObject({ received: PEOPLE, created: PEOPLE });
      const triggered = performance.now();
      run = await sync(stage);
      const ended = performance.now();
      expect(run).toMatchObject({ state: 'succeeded', error: null });
      expect(phaseOf(run, 'trainees')).toMatchObject({
        expected: PEOPLE,
        received: PEOPLE,
        written: PEOPLE,
        rejected: 0,
      });
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
});

function countByCode(issues: { code: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { code } of issues) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}
