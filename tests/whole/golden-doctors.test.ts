import {
  describeOnEveryEngine,
  type GoldenDoctor,
  type GoldenGmcDoctor,
  goldenDoctors,
  goldenGmcDoctors,
} from '@lockstep/testing';
import { beforeAll, expect, it } from 'vitest';
import type { IndexedDocument } from '../stage/master-index.js';
import { londonToday } from '../stage/people.js';
import { useStage } from '../stage/stage.js';
import { dayOfRun, type IssueView, issuesOf, type RunView, sync } from '../stage/sync-run.js';
import { numbersInOrder, SORTS } from './list-order.js';
import { LIST_NAMES, readList } from './lists.js';
import { loadGolden, untilQuiet } from './sources.js';

/** Fewer would mean that the set was lost. */
const AT_LEAST_WITH_GMC = 25;

describeOnEveryEngine('golden doctors of both sources', (engines) => {
  const stage = useStage(engines, { services: ['tcs', 'integration', 'recommendation', 'connection'] });
  let doctors: (GoldenDoctor | GoldenGmcDoctor)[];
  let run: RunView;
  let indexed: Map<string, IndexedDocument>;

  beforeAll(async () => {
    // Around midnight the run may take the next day: then once more, for that day.
    for (let attempt = 1; attempt <= 2; attempt++) {
      const day = londonToday();
      doctors = [...goldenDoctors(day), ...goldenGmcDoctors(day)];
      await loadGolden(stage, doctors);
      run = await sync(stage);
      if ((await dayOfRun(stage, run.runId)) === day) break;
    }
    indexed = await stage.index.read();
  });

  it('end in one run that succeeded through every phase', () => {
    expect(run).toMatchObject({ state: 'succeeded', error: null });
    const done = run.phases.filter(({ state }) => state === 'done').map(({ name }) => name);
    expect(done).toEqual(['trainees', 'gmc', 'master', 'verify', 'swap', 'recommendation', 'connection']);
    expect(run.phases.filter(({ rejected }) => rejected !== 0)).toEqual([]);
    expect(doctors.filter((doctor) => 'gmcDoctors' in doctor).length).toBeGreaterThanOrEqual(AT_LEAST_WITH_GMC);
  });

  it('are the only doctors in the master, each exactly as written down', () => {
    for (const { shows, expected } of doctors) {
      for (const [number, document] of Object.entries(expected)) expect(indexed.get(number), shows).toEqual(document);
    }
    expect([...indexed.keys()].sort()).toEqual(doctors.flatMap(({ expected }) => Object.keys(expected)).sort());
  });

  it.each(LIST_NAMES)('are in the list %s exactly where written down', async (list) => {
    const expected = doctors.flatMap(({ inLists }) =>
      Object.entries(inLists).flatMap(([number, lists]) => (lists.includes(list) ? [number] : [])),
    );
    expect(expected.length).toBeGreaterThan(0);
    expect([...(await readList(stage, list)).keys()].sort()).toEqual(expected.sort());
  });

  it.each(LIST_NAMES)(
    'stand in the list %s in the one order that each sort leaves, whatever the engine',
    async (list) => {
      for (const sort of SORTS) {
        const rows = await readList(stage, list, sort ? { sort } : {});
        expect([...rows.keys()], sort).toEqual(numbersInOrder(list, rows.values(), sort));
      }
    },
  );

  it('have in each list the fields of the master', async () => {
    for (const list of LIST_NAMES) {
      for (const [number, row] of await readList(stage, list)) {
        const document = indexed.get(number) as IndexedDocument;
        for (const field of ['doctorFirstName', 'doctorLastName', 'submissionDate', 'designatedBody', 'programmeName'])
          expect(row[field], `${list} ${number} ${field}`).toEqual(document[field]);
        expect(row['programmeMembershipType'], `${list} ${number}`).toEqual(document['membershipType']);
        expect(row['connectionStatus'], `${list} ${number}`).toEqual(document['connectionStatus']);
      }
    }
  });

  it('are counted above the list of doctors: all that exist in GMC, and those under notice', async () => {
    const inGmc = [...indexed.values()].filter(({ existsInGmc }) => existsInGmc);
    const { body } = await stage.call('recommendation', 'GET', '/api/doctors?search=nobodyatall');
    expect(body).toMatchObject({
      total: 0,
      countTotal: inGmc.length,
      countUnderNotice: inGmc.filter(({ underNotice }) => underNotice === 'YES').length,
    });
  });

  it('leave exactly the issues written down', async () => {
    const issues = await issuesOf(stage, run.runId);
    const expected = doctors.flatMap((doctor) => doctor.issues);
    const brief = ({ severity, code, key }: Pick<IssueView, 'severity' | 'code' | 'key'>): string =>
      `${severity} ${code} ${key}`;
    expect(issues.map(brief).sort()).toEqual(expected.map(brief).sort());
    for (const { code, key, names = [] } of expected) {
      const message = issues.find((issue) => issue.code === code && issue.key === key)?.message;
      for (const personId of names) expect(message, `${code} ${key}`).toContain(String(personId));
    }
  });

  it('stay exactly as they are, versions too, when the rebuild runs again', async () => {
    await untilQuiet(stage);
    const versions = (): Promise<object[]> =>
      stage.query('SELECT gmc_number, version FROM integration.master_doctor ORDER BY 1');
    const before = await versions();
    expect((await sync(stage)).state).toBe('succeeded');
    expect(await versions()).toEqual(before);
    expect(await stage.index.read()).toEqual(indexed);
  });
});
