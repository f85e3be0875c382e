import { describeWithEngines, waitFor } from '@lockstep/testing';
import { beforeAll, expect, it } from 'vitest';
import { loadPeople } from '../stage/people.js';
import { type App, useStage } from '../stage/stage.js';
import { dayOfRun, endOfRun, sync, triggerSync } from '../stage/sync-run.js';
import { allEqual, compareWithSource } from './compare.js';
import { plainPeople } from './plain-people.js';
import { countRows, Readers } from './readers.js';

const PEOPLE = 2_000;
const NEW_PEOPLE = 10;
const RENAMED_PEOPLE = 20;

/** Every place where a process can die between two writes; `:3` is the third time that the place is passed. */
const PLACES: readonly [app: App, failpoint: string][] = [
  ['tcs', 'tcs.extraction.planned'],
  ['tcs', 'tcs.extraction.published'],
  ['tcs', 'tcs.extraction.published:2'],
  ['tcs', 'tcs.extraction.beforeEnd'],
  ['integration', 'integration.batch.stored'],
  ['integration', 'integration.batch.committed'],
  ['integration', 'integration.batch.stored:3'],
  ['integration', 'integration.master.tapOpen'],
  ['integration', 'integration.master.filling'],
  ['integration', 'integration.master.filled'],
  ['integration', 'integration.verified'],
  ['integration', 'integration.swap.before'],
  ['integration', 'integration.swap.after'],
];

describeWithEngines('a process that is killed during a rebuild', (engines) => {
  const stage = useStage(engines, { services: ['tcs', 'integration'], settings: { LEASE_SECONDS: '2' } });
  let people = PEOPLE;
  let changes = 0;
  beforeAll(async () => {
    await loadPeople(stage, plainPeople(PEOPLE));
    expect((await sync(stage)).state).toBe('succeeded');
  });

  /** Something for the run to bring into the index; people only come, so that no reader may ever see fewer. */
  async function changeSource(): Promise<void> {
    changes += 1;
    await loadPeople(stage, plainPeople(RENAMED_PEOPLE, { surname: `Renamed ${changes}` }));
    await loadPeople(stage, plainPeople(NEW_PEOPLE, { from: people + 1 }));
    people += NEW_PEOPLE;
  }

  it.each(PLACES)(
    '%s at %s: the run ends right by itself after a restart, and readers never notice',
    async (app, place) => {
      await stage.start(app, { LOCKSTEP_FAILPOINT: place });
      const victim = stage.service(app).pid() as number;
      await changeSource();
      const rows = await countRows(stage);
      expect(rows['masterdoctorindex']).toBeGreaterThanOrEqual(PEOPLE);
      const readers = new Readers(stage);
      let runId: string;
      try {
        runId = await triggerSync(stage);
        await waitFor(`${app} to die at ${place}`, () => hasDied(victim), { timeoutMs: 60_000 });
        await stage.start(app);
        expect(await endOfRun(stage, runId)).toMatchObject({ state: 'succeeded', error: null });
      } finally {
        await readers.stop();
      }
      const sight = await readers.stop();
      expect(sight.errors).toEqual([]);
      expect(sight.reads).toBeGreaterThan(0);
      for (const [alias, count] of Object.entries(rows))
        expect(sight.fewest[alias], alias).toBeGreaterThanOrEqual(count);
      expect(await compareWithSource(stage, await dayOfRun(stage, runId))).toEqual(allEqual(people));
    },
  );

  it('leaves no more than the index being served and the one before it', async () => {
    const indices = async (): Promise<number> => {
      const answer = await fetch(
        `${engines.elasticsearchUrl}/_cat/indices/${stage.env()['INDEX_PREFIX']}*?format=json&h=index`,
      );
      return ((await answer.json()) as { index: string }[]).filter(({ index }) => index.includes('masterdoctor'))
        .length;
    };
    await waitFor('leftovers to be dropped', indices, { until: (count) => count <= 2 });
  });
});

function hasDied(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}
