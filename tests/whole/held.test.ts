import { describeOnEveryEngine } from '@lockstep/testing';
import { beforeAll, expect, it } from 'vitest';
import { plainPeople } from '../revalidation/plain-people.js';
import { loadPeople } from '../stage/people.js';
import { useStage } from '../stage/stage.js';
import { endOfRun, isEnded, issuesOf, sync, triggerSync, untilRun } from '../stage/sync-run.js';
import { changeDoctor, untilShown } from './changes.js';
import { countList, LIST_NAMES, readList } from './lists.js';
import { plainDoctors } from './plain-doctors.js';
import { loadGmcDoctors } from './sources.js';

const PEOPLE = 300;
/** A little more than five in a hundred; the first of them are known to TIS only. */
const LOST = 16;
const DOCTORS = PEOPLE - 2 * LOST;

describeOnEveryEngine('a rebuild whose source has lost over 5 % of its people', (engines) => {
  const stage = useStage(engines, { services: ['tcs', 'integration', 'recommendation', 'connection'] });
  beforeAll(async () => {
    await loadPeople(stage, plainPeople(PEOPLE));
    await loadGmcDoctors(stage, plainDoctors(DOCTORS, 1 + 2 * LOST));
    expect((await sync(stage)).state).toBe('succeeded');
  });

  /**
   * A disaster at the source: rows are gone, nobody was told. People who are deleted properly leave the index being served
   * one by one, and so would not be missed.
   */
  async function losePeople(from: number): Promise<void> {
    const ids = Array.from({ length: LOST }, (_, place) => from + place);
    await stage.query(
      `WITH memberships AS (SELECT id FROM tcs.programme_membership WHERE person_id = ANY ($1))
       DELETE FROM tcs.curriculum_membership WHERE programme_membership_id IN (SELECT id FROM memberships)`,
      [ids],
    );
    for (const table of ['programme_membership', 'placement', 'gmc_details'])
      await stage.query(`DELETE FROM tcs.${table} WHERE person_id = ANY ($1)`, [ids]);
    await stage.query('DELETE FROM tcs.person WHERE id = ANY ($1)', [ids]);
  }

  async function untilHeld(): Promise<string> {
    const runId = await triggerSync(stage);
    const run = await untilRun(stage, runId, 'is held', (one) => one.state === 'held' || isEnded(one));
    expect(run).toMatchObject({ state: 'held', error: null });
    return runId;
  }

  /** Doctors in the master, and in the two lists that share all of them out. */
  async function shown(): Promise<object> {
    const [master, connected, disconnected] = await Promise.all([
      stage.index.count('masterdoctorindex'),
      countList(stage, 'connected'),
      countList(stage, 'disconnected'),
    ]);
    return { master, connected, disconnected, recommendations: await countList(stage, 'recommendations') };
  }

  const everybody = {
    master: PEOPLE,
    connected: DOCTORS,
    disconnected: 2 * LOST,
    recommendations: DOCTORS,
  };
  const withoutTheLost = { ...everybody, master: PEOPLE - LOST, disconnected: LOST };

  async function decide(runId: string, word: 'approve' | 'cancel'): Promise<void> {
    expect((await stage.call('integration', 'POST', `/api/sync/runs/${runId}/${word}`)).status).toBe(202);
  }

  /** Every row of every list, but for the name, which a test changes. */
  async function rowsOfLists(): Promise<object> {
    const lists = LIST_NAMES.map(async (name) => {
      const rows = [...(await readList(stage, name)).values()];
      return [name, rows.map(({ doctorLastName: _, ...row }) => row).sort(byNumber)] as const;
    });
    return Object.fromEntries(await Promise.all(lists));
  }

  it('is held before anything is emptied: readers keep what they have, and no other rebuild may start', async () => {
    const before = await stage.index.targets();
    await losePeople(1);
    const runId = await untilHeld();
    expect(await shown()).toEqual(everybody);
    expect(await stage.index.targets()).toEqual(before);
    const issues = await issuesOf(stage, runId);
    expect(issues.map(({ code, key, message }) => [code, key, message])).toEqual([
      ['RUN_HELD', 'master', expect.stringContaining(`${LOST} of ${PEOPLE} records`)],
    ]);
    const second = await stage.call('integration', 'POST', '/api/sync');
    expect([second.status, second.body]).toEqual([
      409,
      expect.objectContaining({ code: 'SYNC_ALREADY_RUNNING', runId }),
    ]);

    await decide(runId, 'approve');
    expect(await endOfRun(stage, runId)).toMatchObject({ state: 'succeeded', error: null });
    expect(await shown()).toEqual(withoutTheLost);
  });

  it('leaves every list as it is when it is cancelled, also of a doctor who changes afterwards', async () => {
    const before = await rowsOfLists();
    await losePeople(PEOPLE - LOST + 1);
    await decide(await untilHeld(), 'cancel');
    await untilShown(stage, await changeDoctor(stage, PEOPLE, 'After the cancel'));
    const verified = await stage.call('integration', 'POST', '/api/sync/verify');
    expect(verified.body).toMatchObject({ outcome: 'equal', healed: 0 });
    expect(await rowsOfLists()).toEqual(before);
  });

  it('cannot be approved once it has ended, and is held anew by the next rebuild', async () => {
    const runId = await untilHeld();
    await decide(runId, 'approve');
    expect((await endOfRun(stage, runId)).state).toBe('succeeded');
    const again = await stage.call('integration', 'POST', `/api/sync/runs/${runId}/approve`);
    expect([again.status, again.body['code']]).toEqual([409, 'SYNC_RUN_NOT_HELD']);
    expect(await shown()).toEqual(withoutTheLost);
  });
});

function byNumber(a: { gmcReferenceNumber: string }, b: { gmcReferenceNumber: string }): number {
  return a.gmcReferenceNumber < b.gmcReferenceNumber ? -1 : 1;
}
