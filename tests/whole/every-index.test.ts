import { describeWithEngines } from '@lockstep/testing';
import { expect, it } from 'vitest';
import type { Comparison } from '../revalidation/compare.js';
import type { IndexedDocument } from '../stage/master-index.js';
import { londonToday } from '../stage/people.js';
import { useStage } from '../stage/stage.js';
import { dayOfRun, endOfRun, phaseOf, type RunView, triggerSync } from '../stage/sync-run.js';
import { countList, LIST_NAMES } from './lists.js';
import { recomputeMaster } from './recompute.js';
import { type Loaded, loadGenerated, untilQuiet } from './sources.js';
import { compareEveryAlias, differences } from './views.js';

/** In every run of all suites; the promise is for 100,000: LOCKSTEP_TEST_PEOPLE=100000 npx vitest run tests/whole/every-index.test.ts */
const PEOPLE = Number(process.env['LOCKSTEP_TEST_PEOPLE'] ?? 10_000);
/** A limit for a hang, not a claim about speed: the machine may be busy with others. */
const LIMIT_MS = 900_000;

describeWithEngines(`${PEOPLE} people, their GMC doctors and recommendations`, (engines) => {
  const stage = useStage(engines, { services: ['tcs', 'integration', 'recommendation', 'connection'] });
  let loaded: Loaded;
  let run: RunView;
  let master: IndexedDocument[];
  let comparisons: Record<string, Comparison>;

  const rebuild = async (): Promise<RunView> => endOfRun(stage, await triggerSync(stage), LIMIT_MS - 60_000);

  it(
    'are loaded as lines, every one of them',
    async () => {
      loaded = await timed('loaded', () => loadGenerated(stage, PEOPLE, londonToday()));
      console.info(JSON.stringify(loaded));
      expect(loaded).toMatchObject({ people: PEOPLE, doctors: PEOPLE * 0.95 });
      expect(loaded.recommendations).toBeGreaterThan(PEOPLE);
    },
    LIMIT_MS,
  );

  it(
    'have all reached the master by live changes',
    () => timed('live path quiet', () => untilQuiet(stage, LIMIT_MS)),
    LIMIT_MS,
  );

  it(
    'are rebuilt into every index in one run that succeeds',
    async () => {
      run = await timed('rebuilt', () => rebuild());
      console.info(durations(run));
      expect(run).toMatchObject({ state: 'succeeded', error: null });
      const all = (count: number): object => ({ expected: count, received: count, written: count, rejected: 0 });
      expect(phaseOf(run, 'trainees')).toMatchObject(all(PEOPLE));
      expect(phaseOf(run, 'gmc')).toMatchObject(all(loaded.doctors));
    },
    LIMIT_MS,
  );

  it(
    'are in every index, behind each alias, exactly as a second computation from both sources has them',
    async () => {
      const asOf = await dayOfRun(stage, run.runId);
      master = await timed('recomputed', () => recomputeMaster(stage, asOf));
      comparisons = await timed('compared', () => compareEveryAlias(stage, asOf, master));
      expect(differences(comparisons)).toEqual([]);
      const equal = Object.fromEntries(Object.entries(comparisons).map(([alias, { equal }]) => [alias, equal]));
      console.info(JSON.stringify(equal));
      // Each list is a part of some size: comparisons of nothing would prove nothing.
      expect(equal['masterdoctorindex']).toBe(master.length);
      expect(master.length).toBeGreaterThan(PEOPLE * 0.95);
      for (const [alias, count] of Object.entries(equal)) expect(count, alias).toBeGreaterThan(PEOPLE * 0.01);
      expect((equal['connectedindex'] ?? 0) + (equal['disconnectedindex'] ?? 0)).toBe(master.length);
      for (const phase of ['recommendation', 'connection'])
        expect(phaseOf(run, phase)).toMatchObject({ rejected: 0, state: 'done' });
    },
    LIMIT_MS,
  );

  it('are counted by each list as by its alias, less whom the list leaves out', async () => {
    const listed = (alias: string): number => comparisons[alias]?.equal ?? Number.NaN;
    const shown = master.filter(
      ({ membershipType, placementGrades }) =>
        membershipType !== 'MILITARY' && !(placementGrades as string[]).includes('279'),
    );
    const expected = {
      current: shown.filter(({ existsInGmc }) => existsInGmc).length,
      connected: listed('connectedindex'),
      disconnected: listed('disconnectedindex'),
      exceptions: listed('exceptionindex'),
      discrepancies: shown.filter(({ isDiscrepancy }) => isDiscrepancy).length,
      recommendations: listed('current_connections'),
    };
    const counts = await Promise.all(LIST_NAMES.map(async (list) => [list, await countList(stage, list)] as const));
    expect(Object.fromEntries(counts)).toEqual(expected);
    expect(shown.length).toBeLessThan(master.length);
  });

  it(
    'keep every version when nothing changed and the rebuild runs again',
    async () => {
      const versions = (): Promise<object[]> =>
        stage.query('SELECT count(*)::int AS rows, sum(version)::bigint AS versions FROM integration.master_doctor');
      const before = await versions();
      const second = await rebuild();
      console.info(`second: ${durations(second)}`);
      expect(second).toMatchObject({ state: 'succeeded', error: null });
      const asOf = await dayOfRun(stage, second.runId);
      // On the next day other memberships are current.
      const same = asOf === (await dayOfRun(stage, run.runId)) ? master : undefined;
      if (same) expect(await versions()).toEqual(before);
      expect(differences(await compareEveryAlias(stage, asOf, same))).toEqual([]);
    },
    LIMIT_MS,
  );
});

async function timed<T>(what: string, act: () => Promise<T>): Promise<T> {
  const began = performance.now();
  try {
    return await act();
  } finally {
    console.info(`${what} in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  }
}

function durations({ phases }: RunView): string {
  return phases
    .filter(({ state }) => state === 'done')
    .map(({ name, startedAt, finishedAt }) => `${name} ${(Date.parse(finishedAt) - Date.parse(startedAt)) / 1000} s`)
    .join(', ');
}
