import { describeOnEveryEngine, type GoldenDoctor, goldenDoctors } from '@lockstep/testing';
import { beforeAll, expect, it } from 'vitest';
import type { IndexedDocument } from '../stage/master-index.js';
import { londonToday } from '../stage/people.js';
import { useStage } from '../stage/stage.js';
import { dayOfRun, type IssueView, issuesOf, type RunView, sync } from '../stage/sync-run.js';
import { allEqual, compareWithSource } from './compare.js';
import { recomputeWarnings } from './recompute.js';

describeOnEveryEngine('golden doctors', (engines) => {
  const stage = useStage(engines, { services: ['tcs', 'integration'] });
  let doctors: GoldenDoctor[];
  let run: RunView;
  let indexed: Map<string, IndexedDocument>;
  let issues: IssueView[];

  beforeAll(async () => {
    // Around midnight the run may take the next day: then once more, for that day.
    for (let attempt = 1; attempt <= 2; attempt++) {
      const day = londonToday();
      doctors = goldenDoctors(day);
      await load(doctors);
      run = await sync(stage);
      if ((await dayOfRun(stage, run.runId)) === day) break;
    }
    indexed = await stage.index.read();
    issues = await issuesOf(stage, run.runId);
  });

  /** Everybody by PUT; those marked as deleted are there first and then deleted. */
  async function load(all: GoldenDoctor[]): Promise<void> {
    for (const { personId, ...body } of all.flatMap(({ people }) => people)) {
      const answer = await stage.call('tcs', 'PUT', `/api/trainees/${personId}`, { body });
      expect([200, 201], JSON.stringify(answer.body)).toContain(answer.status);
    }
    for (const personId of all.flatMap(({ deleted = [] }) => deleted)) {
      expect((await stage.call('tcs', 'DELETE', `/api/trainees/${personId}`)).status).toBe(204);
    }
  }

  it('end in a run that succeeded', () => {
    expect(run).toMatchObject({ state: 'succeeded', error: null });
  });

  it('are the only doctors in the index, each exactly as written down', () => {
    for (const { shows, expected } of doctors) {
      for (const [number, document] of Object.entries(expected)) expect(indexed.get(number), shows).toEqual(document);
    }
    const expected = doctors.flatMap((doctor) => Object.keys(doctor.expected));
    expect([...indexed.keys()].sort()).toEqual(expected.sort());
  });

  it('are served one by one as written down, and nobody else is', async () => {
    for (const { shows, expected } of doctors) {
      for (const [number, document] of Object.entries(expected)) {
        const answer = await stage.call('integration', 'GET', `/api/doctors/${encodeURIComponent(number)}`);
        expect([answer.status, answer.body], shows).toEqual([200, expect.objectContaining(document)]);
        const { version: _v, sources, ...served } = answer.body;
        expect(served, shows).toEqual(document);
        expect(sources, shows).toEqual([
          { source: 'tcs', key: String(document.tcsPersonId), version: expect.any(Number) },
        ]);
      }
    }
    expect((await stage.call('integration', 'GET', '/api/doctors/0000000')).status).toBe(404);
  });

  it('leave exactly the issues written down', () => {
    const expected = doctors.flatMap((doctor) => doctor.issues);
    const brief = ({ severity, code, key }: Pick<IssueView, 'severity' | 'code' | 'key'>): string =>
      `${severity} ${code} ${key}`;
    expect(issues.map(brief).sort()).toEqual(expected.map(brief).sort());
    for (const { code, key, names = [] } of expected) {
      const message = issues.find((issue) => issue.code === code && issue.key === key)?.message;
      for (const personId of names) expect(message, `${code} ${key}`).toContain(String(personId));
    }
  });

  it('are found through every alias by its filter', async () => {
    const all = [...indexed.values()];
    expect(await stage.index.read('current_connections')).toEqual(new Map());
    const discrepancies = all.filter((document) => document['tcsDesignatedBody'] !== null);
    expect(discrepancies.length).toBeGreaterThan(0);
    expect([...(await stage.index.read('discrepancies')).keys()]).toEqual(
      discrepancies.map((one) => one['gmcReferenceNumber']),
    );
    expect(await stage.index.count('masterdoctorindex')).toBe(all.length);
    const targets = await stage.index.targets();
    for (const alias of ['masterdoctorindex', 'current_connections', 'discrepancies']) {
      expect(targets.get(alias), alias).toEqual([run.generation]);
    }
  });

  it('agree with the recomputation that the larger tests rely on', async () => {
    const day = await dayOfRun(stage, run.runId);
    expect(await compareWithSource(stage, day)).toEqual(allEqual(indexed.size));
    const warnings = await stage.withDatabase((client) => recomputeWarnings(client, day));
    expect(issues.map(({ code, key }) => `${code} ${key}`).sort()).toEqual(
      warnings.map(({ code, key }) => `${code} ${key}`).sort(),
    );
  });

  it('keep their versions when nothing changed and the rebuild runs again', async () => {
    const versions = async (): Promise<unknown> =>
      stage.query('SELECT gmc_number, version FROM integration.master_doctor ORDER BY 1');
    const before = await versions();
    const again = await sync(stage);
    expect(again.state).toBe('succeeded');
    expect(again.generation).not.toBe(run.generation);
    expect(await versions()).toEqual(before);
    expect(await stage.index.read()).toEqual(indexed);
  });
});
