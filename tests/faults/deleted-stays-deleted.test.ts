import { describeWithEngines, restartEngine, waitFor } from '@lockstep/testing';
import { beforeAll, expect, it } from 'vitest';
import { plainPeople } from '../revalidation/plain-people.js';
import { loadPeople } from '../stage/people.js';
import { useStage } from '../stage/stage.js';
import { sync } from '../stage/sync-run.js';
import { changePerson, EVERY_INDEX, untilGone, untilShown } from '../whole/changes.js';
import { Eavesdropper } from '../whole/eavesdropper.js';
import { countList } from '../whole/lists.js';
import { numberOf, plainDoctors } from '../whole/plain-doctors.js';
import { loadGmcDoctors, send } from '../whole/sources.js';

const PEOPLE = 200;
const DELETED = 7;
/** Elasticsearch answers before all its shards do. */
const BACK_LIMIT_MS = 120_000;

/** What Elasticsearch itself remembers of a deletion, and so would refuse an older write by, is lost when it restarts. */
describeWithEngines('a person who was deleted', (engines) => {
  const stage = useStage(engines, { services: ['tcs', 'integration', 'recommendation', 'connection'] });
  beforeAll(async () => {
    await loadPeople(stage, plainPeople(PEOPLE));
    await loadGmcDoctors(stage, plainDoctors(PEOPLE));
    expect((await sync(stage)).state).toBe('succeeded');
  });

  it('stays deleted when Elasticsearch restarts and an older change is delivered again', async () => {
    const ear = await Eavesdropper.join(stage);
    try {
      await untilShown(stage, await changePerson(stage, DELETED, 'Before the deletion'));
      const old = await ear.messagesSaying('Before the deletion', [
        'reval.connection.update',
        'reval.masterdoctorview.updated',
      ]);
      await send(stage, 'tcs', 'DELETE', `/api/trainees/${DELETED}`);
      await send(stage, 'recommendation', 'DELETE', `/api/gmc-doctors/${numberOf(DELETED)}`);
      await untilGone(stage, numberOf(DELETED));

      await restartEngine('elasticsearch', engines, { kill: true });
      const counts = (): Promise<number[]> => Promise.all(EVERY_INDEX.map((list) => countList(stage, list)));
      const allButOne = (found: number[]): boolean => found.every((count) => count === PEOPLE - 1);
      await waitFor('the lists to answer', counts, { timeoutMs: BACK_LIMIT_MS, until: allButOne });

      await ear.again(old);
      await untilShown(stage, await changePerson(stage, DELETED + 1, 'After the older change'));
      await untilGone(stage, numberOf(DELETED));
      expect(await counts()).toEqual(EVERY_INDEX.map(() => PEOPLE - 1));
      expect((await sync(stage)).state).toBe('succeeded');
      expect(await counts()).toEqual(EVERY_INDEX.map(() => PEOPLE - 1));
    } finally {
      await ear.leave();
    }
  });
});
