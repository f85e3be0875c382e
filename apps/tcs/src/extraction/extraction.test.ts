import { randomUUID } from 'node:crypto';
import { connectionSyncDataQueue, type SyncStartV1, type TraineeItemV1, traineeSyncStart } from '@lockstep/contracts';
import { generatePeople, type TraineePerson } from '@lockstep/demo-data';
import {
  createTestPlaces,
  describeOnEveryEngine,
  goldenDoctors,
  startService,
  type TestPlaces,
  waitFor,
} from '@lockstep/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DataSource } from 'typeorm';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { PeopleStore } from '../people/people.store.js';
import { toPersonRecord } from '../people/person-record.js';
import { openPeer, type Peer, startTcs } from '../tcs.fixture.js';

const AS_OF = '2026-03-14';
/** Commands, and what answers them; nobody is here to take live changes. */
const QUEUES = [...traineeSyncStart.queues, connectionSyncDataQueue].map(({ name }) => name);

describeOnEveryEngine('an extraction', (engines) => {
  let places: TestPlaces;
  let peer: Peer;
  let apps: NestExpressApplication[];

  beforeEach(async () => {
    places = await createTestPlaces(engines);
    peer = await openPeer(places.rabbitmqUrl);
    apps = [];
  });

  afterEach(async () => {
    await Promise.all(apps.map((app) => app.close()));
    await peer?.close();
    await places?.remove();
  });

  const start = async (): Promise<PeopleStore> => {
    const app = await startTcs(places);
    apps.push(app);
    return app.get(PeopleStore);
  };
  const stop = async (): Promise<void> => {
    await apps.pop()?.close();
  };
  const save = (people: PeopleStore, persons: Iterable<TraineePerson>) =>
    people.save([...persons].map((person) => toPersonRecord(person.personId, person)));
  const generated = (count: number) => generatePeople({ count, seed: 1, asOf: AS_OF });
  const command = (change: Partial<SyncStartV1> = {}): SyncStartV1 => ({
    runId: randomUUID(),
    fence: 1,
    phase: 'trainees',
    batchSize: 10,
    asOf: AS_OF,
    ...change,
  });
  const ends = (count: number) =>
    waitFor(`${count} end markers`, () => peer.ends.length, { until: (seen) => seen >= count });
  /** Nothing more comes: the queues are empty and the service has nothing left to send. */
  const settled = async (): Promise<void> => {
    await waitFor('the extraction to end', async () => {
      const [row] = await apps[0]!
        .get(DataSource)
        .query(`SELECT (SELECT count(*)::int FROM extraction WHERE ended_at IS NULL) AS open`);
      return row.open === 0;
    });
    await waitFor('empty queues', async () => (await places.countMessages(QUEUES)) === 0);
  };
  const sequences = () => peer.batches.map(({ sequence }) => sequence).sort((a, b) => a - b);
  const items = (): TraineeItemV1[] => peer.batches.flatMap((batch) => batch.items);
  const range = (length: number) => Array.from({ length }, (_, index) => index + 1);

  /** A service of its own that kills itself at a place; resolves when it is dead. */
  const dieAt = async (failpoint: string, order: SyncStartV1): Promise<void> => {
    const service = await startService({
      app: 'tcs',
      env: {
        NODE_ENV: 'test',
        ...places.env,
        HOST: '127.0.0.1',
        LOCKSTEP_FAILPOINT: failpoint,
      },
    });
    try {
      await peer.command(order);
      const pid = service.pid() as number;
      await waitFor(`${failpoint} to kill the service`, () => !isAlive(pid));
    } finally {
      await service.kill('SIGKILL');
    }
  };

  it('sends everybody once, in numbered batches, tombstones included, and then the totals', async () => {
    const people = await start();
    await save(people, generated(57));
    await people.remove(13);
    const order = command();
    await peer.command(order);
    await ends(1);
    await settled();

    expect(sequences()).toEqual(range(6));
    const { runId, fence, phase } = order;
    for (const batch of peer.batches) {
      expect(batch).toMatchObject({ runId, fence, phase, source: 'tcs', totalItems: 57 });
      expect(batch.items).toHaveLength(batch.sequence === 6 ? 7 : 10);
    }
    expect(
      items()
        .map(({ key }) => Number(key))
        .sort((a, b) => a - b),
    ).toEqual(range(57));
    expect(items().find(({ key }) => key === '13')).toMatchObject({ deleted: true, version: 2, trainee: null });
    expect(peer.ends).toEqual([{ runId, fence, phase, source: 'tcs', batches: 6, items: 57 }]);
    for (const { properties } of peer.deliveries.filter(({ properties }) => properties.type?.endsWith('syncdata'))) {
      expect(properties.headers).toMatchObject({ 'x-run-id': runId, 'x-fence': 1 });
      expect(properties.headers['x-item-count']).toBe(properties.headers['x-sequence'] === 6 ? 7 : 10);
    }
  });

  it('sends of each golden doctor what the master index is to hold, or why it is left out', async () => {
    const people = await start();
    const doctors = goldenDoctors(AS_OF);
    await save(
      people,
      doctors.flatMap((doctor) => doctor.people),
    );
    for (const personId of doctors.flatMap((doctor) => doctor.deleted ?? [])) await people.remove(personId);
    await peer.command(command());
    await ends(1);
    await settled();

    const byKey = new Map(items().map((item) => [item.key, item]));
    for (const { shows, expected, issues } of doctors) {
      for (const { code, key } of issues.filter((issue) => issue.code !== 'GMC_NUMBER_SHARED')) {
        expect(byKey.get(key), shows).toMatchObject({ excluded: code, trainee: null });
      }
      for (const document of Object.values(expected)) {
        const item = byKey.get(String(document.tcsPersonId));
        expect(item, shows).toMatchObject({ deleted: false, excluded: null });
        expect(document, shows).toMatchObject(item?.trainee as object);
      }
    }
  });

  it('ends at once with no batches when there is nobody', async () => {
    await start();
    await peer.command(command());
    await ends(1);
    expect(peer.ends[0]).toMatchObject({ batches: 0, items: 0 });
    expect(peer.batches).toEqual([]);
  });

  it('sends nothing twice when the same command arrives twice, only the totals', async () => {
    await save(await start(), generated(25));
    const order = command();
    await peer.command(order);
    await ends(1);
    await peer.command(order);
    await ends(2);
    await settled();
    expect(sequences()).toEqual(range(3));
    expect(peer.ends[1]).toEqual(peer.ends[0]);
  });

  it('reads the batches again that are asked for again: the same people as they are now', async () => {
    const people = await start();
    await save(people, generated(35));
    const order = command();
    await peer.command(order);
    await ends(1);
    const before = peer.batches.find(({ sequence }) => sequence === 2);

    await people.remove(15);
    await save(people, generatePeople({ count: 10, seed: 2, asOf: AS_OF, firstPersonId: 36 }));
    await peer.command({ ...order, sequences: [2, 4, 99] });
    await ends(2);
    await settled();

    expect(sequences()).toEqual([1, 2, 2, 3, 4, 4]);
    const again = peer.batches.filter(({ sequence }) => sequence === 2)[1];
    expect(again?.items.map(({ key }) => key)).toEqual(before?.items.map(({ key }) => key));
    expect(again?.items.find(({ key }) => key === '15')).toMatchObject({ deleted: true, version: 2 });
    expect(peer.ends[1]).toMatchObject({ batches: 4, items: 35 });
  });

  it('never lets a batch outgrow what was planned, whoever is created meanwhile', async () => {
    const people = await start();
    await save(
      people,
      [...generated(10)].map((person) => ({ ...person, personId: person.personId * 1_000 })),
    );
    const order = command();
    await peer.command(order);
    await ends(1);
    await save(people, generatePeople({ count: 500, seed: 2, asOf: AS_OF, firstPersonId: 5_001 }));
    await peer.command({ ...order, sequences: [1] });
    await ends(2);
    expect(peer.batches.map((batch) => batch.items.length)).toEqual([10, 10]);
  });

  it('ignores a run older than one it has seen, and leaves an older run for a newer', async () => {
    await save(await start(), generated(25));
    const newer = command({ fence: 7 });
    const older = command({ fence: 6 });
    await peer.command(newer);
    await ends(1);
    await peer.command(older);
    await peer.command({ ...older, sequences: [1] });
    const newest = command({ fence: 8 });
    await peer.command(newest);
    await ends(2);
    await peer.command({ ...newer, sequences: [1] });
    // Commands are taken in their order: once this one is answered, those before it were taken too.
    await peer.command(newest);
    await ends(3);
    expect(peer.ends.map(({ runId }) => runId)).toEqual([newer.runId, newest.runId, newest.runId]);
    expect(peer.batches.filter(({ runId }) => runId === older.runId)).toEqual([]);
    expect(peer.batches).toHaveLength(6);
  });

  it('parks a command of a phase that is not its own', async () => {
    await start();
    await peer.command(command({ phase: 'gmc' }));
    const letters = () => apps[0]!.get(DataSource).query('SELECT reason FROM dead_letter');
    const [letter] = await waitFor('the parked command', letters, { until: (rows) => rows.length > 0 });
    expect(letter.reason).toContain('PHASE_NOT_SERVED');
  });

  it('is shared by two replicas without sending anything twice', async () => {
    const people = await start();
    await start();
    await save(people, generated(400));
    await peer.command(command({ batchSize: 1 }));
    await ends(1);
    await settled();
    expect(sequences()).toEqual(range(400));
    expect(peer.ends).toHaveLength(1);
  });

  if (engines.kind === 'real') {
    it('goes on when the broker breaks its connections', async () => {
      await save(await start(), generated(500));
      await peer.command(command({ batchSize: 1 }));
      await waitFor('the first batch', () => peer.batches.length > 0, { everyMs: 2 });
      await places.management.closeConnections();
      await waitFor('the end marker', () => peer.ends.length > 0);
      await settled();
      expect([...new Set(sequences())]).toEqual(range(500));
    });
  }

  it('goes on after an orderly stop where it was stopped', async () => {
    await save(await start(), generated(500));
    await peer.command(command({ batchSize: 1 }));
    await waitFor('the first batch', () => peer.batches.length > 0, { everyMs: 2 });
    await stop();
    await start();
    await ends(1);
    await settled();
    expect(sequences()).toEqual(range(500));
  });

  it('sends the same batches again when it died between their confirm and noting it', async () => {
    await save(await start(), generated(900));
    await stop();
    // The second group of 200 batches is with the broker, and nobody has noted it.
    await dieAt('tcs.extraction.published:2', command({ batchSize: 2 }));
    await start();
    await ends(1);
    await settled();
    expect([...new Set(sequences())]).toEqual(range(450));
    expect(peer.batches.length, 'some came twice').toBeGreaterThan(450);
    for (const batch of peer.batches) {
      expect(batch).toEqual(peer.batches.find(({ sequence }) => sequence === batch.sequence));
    }
    expect(peer.ends).toHaveLength(1);
  });

  it('takes up a command again that it had planned but not acknowledged when it died', async () => {
    await save(await start(), generated(30));
    await stop();
    await dieAt('tcs.extraction.planned', command());
    await start();
    await ends(1);
    await settled();
    expect([...new Set(sequences())]).toEqual(range(3));
    expect(new Set(peer.ends.map(({ items }) => items))).toEqual(new Set([30]));
  });

  it('sends the end marker that it died before', async () => {
    await save(await start(), generated(30));
    await stop();
    await dieAt('tcs.extraction.beforeEnd', command());
    expect(peer.ends).toEqual([]);
    await start();
    await ends(1);
    await settled();
    expect(sequences()).toEqual(range(3));
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
