import { messages, REVALIDATION_EXCHANGE, type TraineeItemV1, traineeUpdatedQueue } from '@lockstep/contracts';
import { RabbitBroker } from '@lockstep/messaging';
import { FIRST_ALLOCATED_ID } from '@lockstep/ownership';
import {
  createTestDatabase,
  createTestVhost,
  describeWithEngines,
  type ImportAsker,
  openImportAsker,
  type TestDatabase,
  type TestVhost,
  waitFor,
} from '@lockstep/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { caller, startTcs } from '../tcs.fixture.js';

describeWithEngines('trainees and programmes of an import', (engines) => {
  let database: TestDatabase;
  let vhost: TestVhost;
  let app: NestExpressApplication;
  let asker: ImportAsker;
  let broker: RabbitBroker;
  const told: TraineeItemV1[] = [];
  const call = caller(() => app);

  beforeAll(async () => {
    [database, vhost] = await Promise.all([createTestDatabase(engines), createTestVhost(engines)]);
    const exchanges = [REVALIDATION_EXCHANGE];
    broker = new RabbitBroker({ url: vhost.url, service: 'test-peer', catalogue: messages, exchanges });
    await broker.connect();
    const options = { batchSize: 20, batchWaitMs: 5, prefetch: 100, concurrency: 1 };
    const subscription = broker.subscribe(traineeUpdatedQueue, options, async (deliveries) => {
      for (const { body } of deliveries) told.push(...JSON.parse(body.toString('utf8')).items);
      return deliveries.map(() => ({ kind: 'ack' }));
    });
    await subscription.ready;
    app = await startTcs({ databaseUrl: database.url, rabbitmqUrl: vhost.url });
    asker = await openImportAsker(vhost.url, 'tcs');
  });

  afterAll(async () => {
    await asker?.close();
    await app?.close();
    await broker?.drain(5_000);
    await broker?.close();
    await Promise.all([database?.remove(), vhost?.remove()]);
  });

  const programme = (programmeId: string) => ({ objectType: 'programme', identifierIds: { programmeId } });
  const trainee = (personId: string) => ({ objectType: 'trainee', identifierIds: { personId } });
  const show = async (personId: string) => (await call('get', `/api/trainees/${personId}`)).body;
  const made = async (fields: Record<string, string>, objectType = 'trainee') => {
    const [answer] = await asker.objects(objectType, [{ fields }]);
    expect(answer?.errorsFound).toEqual([]);
    return answer?.identifierIds as Record<string, string>;
  };
  const version = (personId: string, number: number) =>
    waitFor(`version ${number} of ${personId}`, () =>
      told.find((each) => each.key === personId && each.version === number),
    );

  it('are created under ids that no PUT can meet, are shown, and are told of as a PUT is', async () => {
    const { personId = '' } = await made({ forenames: 'Aoife', surname: "O'Brien", gmcNumber: '7000001' });
    expect(Number(personId)).toBeGreaterThanOrEqual(FIRST_ALLOCATED_ID);
    expect(await show(personId)).toMatchObject({ version: 1, forenames: 'Aoife', gmcNumber: '7000001', role: null });
    expect(await version(personId, 1)).toMatchObject({ trainee: { doctorLastName: "O'Brien" } });

    expect((await call('put', `/api/trainees/${personId}`).send({ surname: 'Murphy' })).status).toBe(200);
    const stranger = await call('put', `/api/trainees/${Number(personId) + 500}`).send({ surname: 'Murphy' });
    expect([stranger.status, stranger.body.code]).toEqual([409, 'ID_RESERVED']);
  });

  it('are refused one by one', async () => {
    const answers = await asker.objects('trainee', [
      { fields: { surname: 'Good' } },
      { fields: { forenames: 'Nameless' } },
      { fields: { surname: 'A', shoeSize: 43 } },
      { fields: { surname: 'Orphan' }, parents: [{ linkTag: 'x', ...programme('987654'), separate: false }] },
    ]);
    expect(answers.map(({ errorsFound: [fault] }) => fault && [fault.code, fault.field])).toEqual([
      undefined,
      ['MISSING_REQUIRED_FIELD', 'surname'],
      ['INVALID_VALUE', 'shoeSize'],
      ['REFERENCE_NOT_FOUND', null],
    ]);
  });

  it('have a number of their own as programmes, or the one stated unless it is taken', async () => {
    const answers = await asker.objects('programme', [
      { fields: { name: 'General Practice', owner: 'Wessex' } },
      { fields: { number: 'GP1', name: 'General Practice' } },
      { fields: { number: 'GP1', name: 'General Practice again' } },
    ]);
    expect(answers.map(({ identifierIds }) => identifierIds?.['number'])).toEqual([
      expect.stringMatching(/^IMPORT-\d+$/),
      'GP1',
      undefined,
    ]);
    expect(answers[2]?.errorsFound).toMatchObject([{ code: 'PROGRAMME_NUMBER_TAKEN', field: 'number' }]);
    const found = await asker.objects('programme', [
      { action: 'reference', identifierIds: { number: 'GP1' } },
      { action: 'reference', identifierIds: { programmeId: '987654' } },
    ]);
    expect(found).toMatchObject([
      { identifierIds: answers[1]?.identifierIds },
      { errorsFound: [{ code: 'REFERENCE_NOT_FOUND' }] },
    ]);
  });

  it('join programmes once by a link, which a later PUT of the same body takes away', async () => {
    const { programmeId = '' } = await made({ name: 'Surgery', owner: 'Wessex' }, 'programme');
    const { personId = '' } = await made({ surname: 'Linked', gmcNumber: '7000002' });
    const properties = { startDate: '2020-01-01', endDate: '2999-12-31' };
    const link = { child: trainee(personId), parent: programme(programmeId), properties };
    const answers = await asker.links('programmeMembership', [
      link,
      link,
      { ...link, child: trainee('1') },
      { ...link, parent: programme('987654') },
      { ...link, properties: { startDate: '2020-02-30' } },
    ]);
    expect(answers.map(({ status, errorsFound }) => errorsFound[0]?.code ?? status)).toEqual([
      'complete',
      'complete',
      'REFERENCE_NOT_FOUND',
      'REFERENCE_NOT_FOUND',
      'INVALID_VALUE',
    ]);
    await asker.links('traineeOnProgramme', [link]);
    expect((await show(personId)).programmeMemberships).toMatchObject([{ programmeName: 'Surgery', ...properties }]);
    expect(await version(personId, 2)).toMatchObject({
      trainee: { programmeName: 'Surgery', programmeOwner: 'Wessex' },
    });
    expect(told.filter(({ key }) => key === personId)).toHaveLength(2);

    await call('put', `/api/trainees/${personId}`).send({ surname: 'Linked', gmcNumber: '7000002' });
    expect(await show(personId)).toMatchObject({ version: 3, programmeMemberships: [] });
  });

  it('join a programme at once when its link is not made apart', async () => {
    const { programmeId = '' } = await made({ name: 'Radiology' }, 'programme');
    const parents = [{ linkTag: 'x', ...programme(programmeId), separate: false }];
    const [joined, apart] = await asker.objects('trainee', [
      { fields: { surname: 'Joined' }, parents },
      { fields: { surname: 'Apart' }, parents: parents.map((each) => ({ ...each, separate: true })) },
    ]);
    expect((await show(joined?.identifierIds?.['personId'] ?? '')).programmeMemberships).toHaveLength(1);
    expect((await show(apart?.identifierIds?.['personId'] ?? '')).programmeMemberships).toEqual([]);
  });

  it('change only in what is stated, and raise everybody whom it shows in', async () => {
    const { programmeId = '' } = await made({ name: 'Before', owner: 'Wessex' }, 'programme');
    const parents = [{ linkTag: 'x', ...programme(programmeId), separate: false }];
    const [answer] = await asker.objects('trainee', [{ fields: { surname: 'Stays', forenames: 'Old' }, parents }]);
    const identifierIds = answer?.identifierIds ?? {};
    const personId = identifierIds['personId'] ?? '';
    await asker.objects('trainee', [
      { action: 'update', identifierIds, fields: { forenames: 'New' } },
      { action: 'update', identifierIds, fields: { role: 'DR in Training' } },
    ]);
    const stated = { forenames: 'New', surname: 'Stays', role: 'DR in Training' };
    expect(await show(personId)).toMatchObject({ ...stated, version: 2, programmeMemberships: [{ owner: 'Wessex' }] });
    await asker.objects('programme', [{ action: 'update', identifierIds: { programmeId }, fields: { name: 'After' } }]);
    expect(await show(personId)).toMatchObject({
      ...stated,
      version: 3,
      programmeMemberships: [{ programmeName: 'After' }],
    });
    await version(personId, 3);
    const missing = await asker.objects('trainee', [
      { action: 'update', identifierIds: { personId: '3' }, fields: {} },
    ]);
    expect(missing[0]?.errorsFound[0]?.code).toBe('REFERENCE_NOT_FOUND');
  });

  it('are made once by hundreds, and answered again as the first time', async () => {
    const request = await asker.sendObjects(
      'trainee',
      Array.from({ length: 500 }, (_, index) => ({ fields: { surname: `Many ${index}`, gmcNumber: `8${index}` } })),
    );
    const first = await asker.answersTo(request);
    await Promise.all([asker.sendAgain(request), asker.sendAgain(request)]);
    expect(await asker.answersTo(request, 3)).toEqual(first);
    expect(new Set(first.map(({ identifierIds }) => identifierIds?.['personId'])).size).toBe(500);
  });
});
