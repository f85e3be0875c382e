import { messages, REVALIDATION_EXCHANGE, type TraineeItemV1, traineeUpdatedQueue } from '@lockstep/contracts';
import { generatePeople } from '@lockstep/demo-data';
import { type Broker, createBroker } from '@lockstep/messaging';
import { createTestPlaces, describeOnEveryEngine, type TestPlaces, waitFor } from '@lockstep/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PeopleStore } from '../people/people.store.js';
import { toPersonRecord } from '../people/person-record.js';
import { caller, startTcs } from '../tcs.fixture.js';

describeOnEveryEngine('live updates of people', (engines) => {
  let places: TestPlaces;
  let app: NestExpressApplication;
  let broker: Broker;
  const arrived: TraineeItemV1[][] = [];
  const call = caller(() => app);

  beforeAll(async () => {
    places = await createTestPlaces(engines);
    const exchanges = [REVALIDATION_EXCHANGE];
    broker = createBroker({ url: places.rabbitmqUrl, service: 'test-peer', catalogue: messages, exchanges });
    await broker.connect();
    const options = { batchSize: 20, batchWaitMs: 5, prefetch: 100, concurrency: 1 };
    const subscription = broker.subscribe(traineeUpdatedQueue, options, async (deliveries) => {
      for (const { body } of deliveries) arrived.push(JSON.parse(body.toString('utf8')).items);
      return deliveries.map(() => ({ kind: 'ack' }));
    });
    await subscription.ready;
    app = await startTcs(places);
  });

  afterAll(async () => {
    await app?.close();
    await broker?.drain(5_000);
    await broker?.close();
    await places?.remove();
  });

  const put = (personId: number, body: object) => call('put', `/api/trainees/${personId}`).send(body);
  const itemsOf = (personId: number) => arrived.flat().filter(({ key }) => key === String(personId));
  /** Messages may overtake each other; the version tells what is newest. */
  const item = (personId: number, version: number) =>
    waitFor(`version ${version} of ${personId}`, () => itemsOf(personId).find((each) => each.version === version));
  const programme = { programmeNumber: 'LIVE', programmeName: 'General Practice Leeds', owner: 'Wessex' };
  const on = (change = {}) => ({
    surname: 'Doe',
    gmcNumber: '7000001',
    programmeMemberships: [{ ...programme, startDate: '2020-01-01', endDate: '2999-12-31', ...change }],
  });

  it('tell of each change of a person once, as the person is now, and of the deletion', async () => {
    await put(101, on());
    await put(101, on());
    await put(101, { ...on(), surname: 'Roe' });
    expect(await item(101, 2)).toMatchObject({
      deleted: false,
      trainee: { doctorLastName: 'Roe', programmeName: 'General Practice Leeds', tcsDesignatedBody: '1-1RUZUSF' },
    });
    await call('delete', '/api/trainees/101');
    expect(await item(101, 3)).toEqual({
      key: '101',
      version: 3,
      deleted: true,
      excluded: null,
      enteredGmcNumber: null,
      trainee: null,
    });
    await put(101, on());
    await item(101, 4);
    expect(
      itemsOf(101)
        .map(({ version }) => version)
        .sort(),
    ).toEqual([1, 2, 3, 4]);
  });

  it('tell of everybody on a programme that somebody else has renamed', async () => {
    await put(201, on({ programmeNumber: 'RENAMED' }));
    await put(202, on({ programmeNumber: 'RENAMED', programmeName: 'Family Medicine' }));
    expect((await item(201, 2)).trainee?.programmeName).toBe('Family Medicine');
    expect((await item(202, 1)).trainee?.programmeName).toBe('Family Medicine');
  });

  it('tell why a person is out when the number becomes unusable', async () => {
    await put(301, on());
    await put(301, { ...on(), gmcNumber: 'unknown' });
    expect(await item(301, 2)).toMatchObject({ excluded: 'GMC_NUMBER_UNKNOWN', trainee: null });
  });

  it('tell of a bulk load in messages of at most two hundred people', async () => {
    const lines = [...generatePeople({ count: 501, seed: 1, asOf: '2026-03-14', firstPersonId: 1_000 })];
    await call('post', '/api/trainees/bulk')
      .set('Content-Type', 'application/x-ndjson')
      .send(lines.map((line) => JSON.stringify(line)).join('\n'));
    const told = () => arrived.filter((items) => items.some(({ key }) => Number(key) >= 1_000));
    await waitFor(
      'everybody',
      () =>
        new Set(
          told()
            .flat()
            .map(({ key }) => key),
        ).size === 501,
    );
    expect(Math.max(...told().map(({ length }) => length))).toBe(200);
  });

  it('leave nothing behind when the change itself is rolled back', async () => {
    const people = app.get(PeopleStore);
    const source = app.get(DataSource);
    await source.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$`);
    await source.query(
      'CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON person DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()',
    );
    await expect(people.save([toPersonRecord(401, { surname: 'Rolled' })])).rejects.toThrow('refused');
    await source.query('DROP TRIGGER refuse ON person');
    await put(402, on());
    await item(402, 1);
    expect(itemsOf(401)).toEqual([]);
  });
});
