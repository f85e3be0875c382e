import { describeWithEngines, waitFor } from '@lockstep/testing';
import { beforeAll, expect, it } from 'vitest';
import { plainPeople } from '../revalidation/plain-people.js';
import { loadPeople } from '../stage/people.js';
import { useStage } from '../stage/stage.js';
import { endOfRun, isEnded, readRun, sync, triggerSync, untilRun } from '../stage/sync-run.js';
import { countList } from './lists.js';
import { plainDoctors } from './plain-doctors.js';
import { loadGmcDoctors } from './sources.js';

const PEOPLE = 300;
/** A little more than five in a hundred; these are known to TIS only. */
const LOST = 16;
const DOCTORS = PEOPLE - 2 * LOST;

describeWithEngines('a rebuild that would show over 5 % fewer doctors', (engines) => {
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

  async function exists(generation: string): Promise<boolean> {
    const url = `${engines.elasticsearchUrl}/${stage.env()['INDEX_PREFIX']}${generation}`;
    return (await fetch(url, { method: 'HEAD' })).status === 200;
  }

  const everybody = {
    master: PEOPLE,
    connected: DOCTORS,
    disconnected: 2 * LOST,
    recommendations: DOCTORS,
  };
  const withoutTheLost = { ...everybody, master: PEOPLE - LOST, disconnected: LOST };

  it('is held: readers keep the old generation, and no other rebuild may start', async () => {
    const before = await stage.index.targets();
    await losePeople(1);
    const runId = await untilHeld();
    expect(await shown()).toEqual(everybody);
    expect(await stage.index.targets()).toEqual(before);
    const second = await stage.call('integration', 'POST', '/api/sync');
    expect([second.status, second.body]).toEqual([
      409,
      expect.objectContaining({ code: 'SYNC_ALREADY_RUNNING', runId }),
    ]);

    expect((await stage.call('integration', 'POST', `/api/sync/runs/${runId}/approve`)).status).toBe(202);
    expect(await endOfRun(stage, runId)).toMatchObject({ state: 'succeeded', error: null });
    expect(await shown()).toEqual(withoutTheLost);
  });

  it('is dropped when cancelled: readers keep what they had, and nothing is left of it', async () => {
    const before = await stage.index.targets();
    await losePeople(1 + LOST);
    const runId = await untilHeld();
    const { generation } = await readRun(stage, runId);
    expect(generation).not.toBeNull();
    expect((await stage.call('integration', 'POST', `/api/sync/runs/${runId}/cancel`)).status).toBe(202);
    expect(await endOfRun(stage, runId)).toMatchObject({ state: 'cancelled' });
    expect(await shown()).toEqual(withoutTheLost);
    expect(await stage.index.targets()).toEqual(before);
    await waitFor(`${generation} to be dropped`, () => exists(generation as string), { until: (there) => !there });
  });

  it('cannot be approved once it has ended, and is held anew by the next rebuild', async () => {
    const runId = await untilHeld();
    expect((await stage.call('integration', 'POST', `/api/sync/runs/${runId}/approve`)).status).toBe(202);
    expect((await endOfRun(stage, runId)).state).toBe('succeeded');
    const again = await stage.call('integration', 'POST', `/api/sync/runs/${runId}/approve`);
    expect([again.status, again.body['code']]).toEqual([409, 'SYNC_RUN_NOT_HELD']);
    expect(await shown()).toEqual({ ...everybody, master: DOCTORS, disconnected: 0 });
  });
});
