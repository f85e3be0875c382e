import { randomUUID } from 'node:crypto';
import {
  type GmcDoctorItemV1,
  gmcSyncDataQueue,
  gmcSyncEnd,
  gmcSyncStart,
  londonDate,
  type SyncStartV1,
} from '@lockstep/contracts';
import { createTestPlaces, describeOnEveryEngine, goldenGmcDoctors, type TestPlaces, waitFor } from '@lockstep/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Arrival, type RecommendationStage, startRecommendation } from '../recommendation.fixture.js';

const AS_OF = '2026-03-14';

describeOnEveryEngine('sending all GMC doctors for a run', (engines) => {
  let places: TestPlaces;
  let stage: RecommendationStage;
  let arrivals: Arrival[];

  beforeEach(async () => {
    places = await createTestPlaces(engines);
    stage = await startRecommendation(places);
    arrivals = await stage.collect(gmcSyncDataQueue);
  });

  afterEach(async () => {
    await stage?.stop();
    await places?.remove();
  });

  const command = (change: Partial<SyncStartV1> = {}): SyncStartV1 => ({
    runId: randomUUID(),
    fence: 1,
    phase: 'gmc',
    batchSize: 10,
    asOf: AS_OF,
    ...change,
  });
  const isEnd = ({ type }: Arrival): boolean => type === gmcSyncEnd.type;
  const ends = () => arrivals.filter(isEnd).map(({ payload }) => payload);
  const batches = () => arrivals.filter((arrival) => !isEnd(arrival));
  const run = async (order: SyncStartV1, count = 1): Promise<void> => {
    await stage.publish(gmcSyncStart, order);
    await waitFor(`${count} end markers`, () => ends().length >= count);
  };
  const loadDoctors = (count: number, body: object = {}) => {
    const lines = Array.from({ length: count }, (_, index) => ({ gmcNumber: String(7_000_001 + index), ...body }));
    return stage.load('/api/gmc-doctors/bulk', lines);
  };
  const items = (): GmcDoctorItemV1[] => batches().flatMap(({ payload }) => payload.items);

  it('sends everybody once, in numbered batches, tombstones included, and then the totals', async () => {
    await loadDoctors(25);
    await stage.call('delete', '/api/gmc-doctors/7000013');
    const order = command();
    await run(order);

    const { runId, fence, phase } = order;
    const head = { runId, fence, phase, source: 'recommendation' };
    for (const { payload, headers } of batches()) {
      const { sequence } = payload;
      const itemCount = sequence === 3 ? 5 : 10;
      expect(payload).toMatchObject({ ...head, totalItems: 25 });
      expect(payload.items).toHaveLength(itemCount);
      expect(headers).toMatchObject({
        'x-run-id': runId,
        'x-fence': 1,
        'x-sequence': sequence,
        'x-item-count': itemCount,
      });
    }
    expect(
      items()
        .map(({ key }) => key)
        .sort(),
    ).toEqual(Array.from({ length: 25 }, (_, n) => String(7_000_001 + n)));
    expect(items().find(({ key }) => key === '7000013')).toEqual({
      key: '7000013',
      version: 2,
      deleted: true,
      doctor: null,
    });
    expect(ends()).toEqual([{ ...head, batches: 3, items: 25 }]);
  });

  it("decides what is past by the run's day, however long ago that was", async () => {
    await loadDoctors(1, { underNotice: 'YES', doctorLastName: 'Doe' });
    const approved = {
      id: 'r1',
      gmcNumber: '7000001',
      recommendationType: 'REVALIDATE',
      recommendationStatus: 'COMPLETED',
      outcome: 'APPROVED',
      gmcSubmissionDate: '2026-03-01',
      actualSubmissionDate: '2026-02-13',
    };
    await stage.load('/api/recommendations/bulk', [approved]);
    await run(command({ asOf: '2026-03-13' }));
    await run(command({ asOf: '2026-03-14', fence: 2 }), 2);
    expect(items().map(({ doctor }) => doctor?.gmcStatus)).toEqual(['Approved', null]);
  });

  it('sends of each golden doctor what the master index is to hold', async () => {
    const today = londonDate(new Date());
    const golden = goldenGmcDoctors(today);
    for (const { gmcNumber, ...body } of golden.flatMap(({ gmcDoctors }) => gmcDoctors)) {
      const answer = await stage.call('put', `/api/gmc-doctors/${encodeURIComponent(gmcNumber)}`).send(body);
      expect([200, 201], gmcNumber).toContain(answer.status);
    }
    const recommendations = golden.flatMap((doctor) => doctor.recommendations);
    expect((await stage.load('/api/recommendations/bulk', recommendations)).body.created).toBe(recommendations.length);
    for (const { designatedBodyCode, ...body } of golden.flatMap(({ snapshots }) => snapshots)) {
      const path = `/api/gmc-doctors/designated-bodies/${designatedBodyCode}/snapshot`;
      expect((await stage.call('post', path).send(body)).status).toBe(200);
    }
    for (const number of golden.flatMap(({ deletedGmcDoctors }) => deletedGmcDoctors)) {
      expect((await stage.call('delete', `/api/gmc-doctors/${number}`)).status).toBe(204);
    }
    await run(command({ asOf: today }));
    const byKey = new Map(items().map((item) => [item.key, item.doctor]));
    for (const { shows, expected, deletedGmcDoctors } of golden) {
      for (const number of deletedGmcDoctors) expect(byKey.get(number), shows).toBeNull();
      for (const [number, document] of Object.entries(expected)) {
        if (!deletedGmcDoctors.includes(number)) expect(document, shows).toMatchObject(byKey.get(number) as object);
      }
    }
  });

  it('ends at once with no batches when there is nobody', async () => {
    await run(command());
    expect(ends()[0]).toMatchObject({ batches: 0, items: 0 });
    expect(batches()).toEqual([]);
  });

  it('reads the batches again that are asked for again: the same doctors as they are now', async () => {
    await loadDoctors(25);
    const order = command();
    await run(order);
    await loadDoctors(40, { sanction: 'Conditions' });
    await run({ ...order, sequences: [2] }, 2);
    const [before, after] = batches().filter(({ payload }) => payload.sequence === 2);
    expect(after?.payload.items.map(({ key }) => key)).toEqual(before?.payload.items.map(({ key }) => key));
    expect(
      after?.payload.items.every(({ version, doctor }) => version === 2 && doctor?.sanction === 'Conditions'),
    ).toBe(true);
    expect(ends()[1]).toMatchObject({ batches: 3, items: 25 });
  });

  it('parks a command of a phase that is not its own', async () => {
    await stage.publish(gmcSyncStart, command({ phase: 'trainees' }));
    const letters = () => stage.sql<{ reason: string }>('SELECT reason FROM dead_letter');
    const [letter] = await waitFor('the parked command', letters, { until: (rows) => rows.length > 0 });
    expect(letter?.reason).toContain('PHASE_NOT_SERVED');
  });
});
