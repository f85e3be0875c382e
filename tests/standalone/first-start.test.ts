import { takePort } from '@lockstep/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lockstep } from './lockstep.js';

const PEOPLE = 400;

interface Runs {
  total: number;
  items: { runId: string; state: string; phases: { name: string; received: number; expected: number | null }[] }[];
}

describe('the first start on a new data folder', () => {
  let lockstep: Lockstep;

  beforeAll(async () => {
    lockstep = new Lockstep(await takePort(), { LOCKSTEP_DEMO: String(PEOPLE) });
  });
  afterAll(() => lockstep.remove());

  it('loads demo data and syncs it, going on with both where a killed process was', async () => {
    await lockstep.start();
    await lockstep.says(/trainees: /);
    lockstep.signal('SIGKILL');
    await lockstep.ended();

    lockstep.output = '';
    // Killed by itself in the middle of the sync, so that it cannot be faster than the test.
    lockstep.launch({ NODE_ENV: 'test', LOCKSTEP_FAILPOINT: 'integration.master.filled' });
    await lockstep.says(/Sync: /);
    await lockstep.ended();

    lockstep.output = '';
    await lockstep.start();
    await lockstep.says(/sync succeeded/);
    const { total, items } = await lockstep.json<Runs>('/api/sync/runs');
    expect([total, items[0]?.state]).toEqual([1, 'succeeded']);
    const trainees = items[0]?.phases.find(({ name }) => name === 'trainees');
    expect([trainees?.received, trainees?.expected]).toEqual([PEOPLE, PEOPLE]);
    const doctors = await lockstep.json<{ total: number }>('/api/doctors');
    expect(doctors.total).toBeGreaterThan(PEOPLE * 0.8);
  }, 400_000);

  it('shows address and token in plain lines where there is no terminal', () => {
    expect(lockstep.output).toContain(`URL      http://localhost:${lockstep.port}`);
    expect(lockstep.token).toMatch(/^[\w-]{32}$/);
    expect(lockstep.output).not.toContain('\u001b');
  });

  it('is the only one that does: the second goes on with what is there', async () => {
    expect(await lockstep.stop()).toBe(0);
    lockstep.output = '';
    await lockstep.start();
    await lockstep.says(/Ctrl-C stops/);
    expect(lockstep.output).not.toMatch(/demo data|Sync:/);
    expect((await lockstep.json<Runs>('/api/sync/runs')).total).toBe(1);
  }, 400_000);
});
