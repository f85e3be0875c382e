import { describeOnEveryEngine } from '@lockstep/testing';
import { beforeAll, expect, it } from 'vitest';
import { withBrake } from '../revalidation/midway.js';
import { plainPeople } from '../revalidation/plain-people.js';
import { loadPeople } from '../stage/people.js';
import { useStage } from '../stage/stage.js';
import { endOfRun, phaseOf, readRun, sync, triggerSync, untilRun } from '../stage/sync-run.js';
import { type Change, changeDoctor, changePerson, shownOf, untilGone, untilShown } from './changes.js';
import { Eavesdropper } from './eavesdropper.js';
import { numberOf, plainDoctors } from './plain-doctors.js';
import { loadGmcDoctors, send, untilQuiet } from './sources.js';

/** Several pages of the master, so that its filling can be held in the middle. */
const PEOPLE = 6_000;

describeOnEveryEngine('live changes', (engines) => {
  const stage = useStage(engines, { services: ['tcs', 'integration', 'recommendation', 'connection'] });
  beforeAll(async () => {
    await loadPeople(stage, plainPeople(PEOPLE));
    await loadGmcDoctors(stage, plainDoctors(PEOPLE));
    await untilQuiet(stage);
    expect(await sync(stage)).toMatchObject({ state: 'succeeded', error: null });
  });

  /** Lets nobody act in a process while `act` looks; the run waits for it. */
  async function whilePaused(app: 'tcs' | 'recommendation', act: () => Promise<void>): Promise<void> {
    const pid = stage.service(app).pid() as number;
    process.kill(pid, 'SIGSTOP');
    try {
      await act();
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  }

  it('reach every list within a bounded time while nobody rebuilds', async () => {
    const began = performance.now();
    const changes = [await changePerson(stage, 1, 'Live 1'), await changeDoctor(stage, 2, 'Live 2')];
    for (const change of changes) await untilShown(stage, change);
    console.info(`two live changes in every list after ${Math.round(performance.now() - began)} ms`);
    await send(stage, 'tcs', 'DELETE', '/api/trainees/3');
    await untilShown(stage, { gmcNumber: numberOf(3), field: 'programmeName', value: null });
    await send(stage, 'recommendation', 'DELETE', `/api/gmc-doctors/${numberOf(3)}`);
    await untilGone(stage, numberOf(3));
  });

  it.each([
    { paused: 'tcs', phase: 'trainees', offset: 0 },
    { paused: 'recommendation', phase: 'gmc', offset: 1 },
  ] as const)(
    'are seen in the old generation while a rebuild waits for $paused, and in the new one after it',
    async (row) => {
      const { paused, phase, offset } = row;
      const changes: Change[] = [];
      const note = async (change: Promise<Change>): Promise<Change> => {
        changes.push(await change);
        return changes.at(-1) as Change;
      };
      const [former] = (await stage.index.targets()).get('masterdoctorindex') as string[];
      let runId = '';
      await withBrake(stage, 'master', async (brake) => {
        await whilePaused(paused, async () => {
          runId = await triggerSync(stage);
          if (paused === 'tcs') await untilShown(stage, await note(changeDoctor(stage, 11, 'While trainees are sent')));
          // The list of recommendations stands still with its service.
          else
            await untilShown(stage, await note(changePerson(stage, 12, 'While doctors are sent')), [
              'current',
              'connected',
            ]);
          expect(phaseOf(await readRun(stage, runId), phase).state).toBe('running');
        });
        await brake.midway(runId);
        await Promise.all([
          ...[21, 23, 25].map((id) => note(changePerson(stage, id + offset, `While the master is filled ${id}`))),
          ...[31, 33, 35].map((id) => note(changeDoctor(stage, id + offset, `While the master is filled ${id}`))),
        ]);
        expect(phaseOf(await readRun(stage, runId), 'swap').state).toBe('pending');
      });
      await untilRun(stage, runId, 'projects', (run) => phaseOf(run, 'swap').state === 'done');
      await Promise.all([
        note(changePerson(stage, 41 + offset, 'While projections are filled')),
        note(changeDoctor(stage, 51 + offset, 'While projections are filled')),
      ]);
      const run = await endOfRun(stage, runId);
      expect(run).toMatchObject({ state: 'succeeded', error: null });
      expect((await stage.index.targets()).get('masterdoctorindex')).toEqual([run.generation]);
      for (const change of changes) await untilShown(stage, change);
      for (const { gmcNumber, field, value } of changes) {
        for (const generation of [former, run.generation] as string[])
          expect((await stage.index.readOne(generation, gmcNumber))?.[field], generation).toBe(value);
      }
    },
  );

  it('are not undone by an older change that is delivered again, to the master or to its readers', async () => {
    const ear = await Eavesdropper.join(stage);
    try {
      const person = [
        await changePerson(stage, 61, 'Older programme'),
        await changePerson(stage, 61, 'Newer programme'),
      ];
      const doctor = [await changeDoctor(stage, 62, 'Older name'), await changeDoctor(stage, 62, 'Newer name')];
      const newest = [person[1], doctor[1]] as Change[];
      for (const change of newest) await untilShown(stage, change);
      const old = [
        ...(await ear.messagesSaying('Older programme', ['reval.connection.update'])),
        ...(await ear.messagesSaying('Older name', ['reval.revalidationsummary.updated'])),
      ];
      const versions = () =>
        stage.query(
          'SELECT gmc_number, version FROM integration.master_doctor WHERE gmc_number = ANY ($1) ORDER BY 1',
          [newest.map(({ gmcNumber }) => gmcNumber)],
        );
      const before = await versions();
      await ear.again([...old, ...old]);
      // What is sent after them has arrived: so have they.
      await untilShown(stage, await changePerson(stage, 63, 'After the older programme'));
      await untilShown(stage, await changeDoctor(stage, 64, 'After the older name'));
      for (const change of newest) {
        const shown = await shownOf(stage, change);
        expect(new Set(Object.values(shown)), JSON.stringify(shown)).toEqual(new Set([change.value]));
      }
      expect(await versions()).toEqual(before);
      expect((await sync(stage)).state).toBe('succeeded');
      for (const change of newest) await untilShown(stage, change);
    } finally {
      await ear.leave();
    }
  });

  it('of a person who was deleted do not bring the person back, whether sent again before or after a rebuild', async () => {
    const ear = await Eavesdropper.join(stage);
    try {
      await untilShown(stage, await changePerson(stage, 71, 'Soon gone'));
      const old = await ear.messagesSaying('Soon gone', ['reval.connection.update', 'reval.masterdoctorview.updated']);
      await send(stage, 'tcs', 'DELETE', '/api/trainees/71');
      await send(stage, 'recommendation', 'DELETE', `/api/gmc-doctors/${numberOf(71)}`);
      await untilGone(stage, numberOf(71));
      for (const [round, id] of [72, 73].entries()) {
        await ear.again(old);
        await untilShown(stage, await changePerson(stage, id, `After round ${round}`));
        await untilGone(stage, numberOf(71));
        if (round === 0) expect((await sync(stage)).state).toBe('succeeded');
      }
    } finally {
      await ear.leave();
    }
  });
});
