import { gmcDoctorUpdatedQueue } from '@lockstep/contracts';
import { createTestPlaces, describeOnEveryEngine, type TestPlaces, waitFor } from '@lockstep/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Arrival, type RecommendationStage, startRecommendation } from '../recommendation.fixture.js';

const LAST_MONTH = { gmcSubmissionDate: '2026-05-01', actualSubmissionDate: '2026-03-01' };
const SUBMITTED = {
  recommendationType: 'REVALIDATE',
  recommendationStatus: 'SUBMITTED_TO_GMC',
  outcome: 'UNDER_REVIEW',
  ...LAST_MONTH,
};

describeOnEveryEngine('recommendations over REST, and live messages about doctors', (engines) => {
  let places: TestPlaces;
  let stage: RecommendationStage;
  let arrivals: Arrival[];

  beforeAll(async () => {
    places = await createTestPlaces(engines);
    stage = await startRecommendation(places);
    arrivals = await stage.collect(gmcDoctorUpdatedQueue);
  });

  afterAll(async () => {
    await stage?.stop();
    await places?.remove();
  });

  const load = (lines: readonly (object | string)[], key?: string) =>
    stage.load('/api/recommendations/bulk', lines, key);
  const putDoctor = (gmcNumber: string, body: object = {}) =>
    stage.call('put', `/api/gmc-doctors/${gmcNumber}`).send({ doctorLastName: 'Doe', underNotice: 'YES', ...body });
  const doctor = async (gmcNumber: string) => (await stage.call('get', `/api/gmc-doctors/${gmcNumber}`)).body;
  const itemsOf = (gmcNumber: string) =>
    arrivals.flatMap(({ payload }) => payload.items).filter(({ key }) => key === gmcNumber);
  /** Messages may overtake each other; the version tells what is newest. */
  const liveItem = (gmcNumber: string, version: number) =>
    waitFor(`version ${version} of ${gmcNumber}`, () => itemsOf(gmcNumber).find((item) => item.version === version));

  it('takes records over as they are stored, and changes nothing the second time', async () => {
    await putDoctor('7000001');
    const lines = [
      {
        id: 'r1',
        gmcNumber: ' 7000001 ',
        ...SUBMITTED,
        gmcRevalidationId: 'GMC-1',
        comments: ['one', 'two, "three" {}'],
        admin: 'admin@example.org',
      },
      { id: 'r2', gmcNumber: '7000001', recommendationType: 'DEFER', deferralDate: '2027-01-01', deferralReason: '1' },
    ];
    expect((await load(lines)).body).toMatchObject({ received: 2, created: 2, updated: 0, unchanged: 0, rejected: 0 });
    expect(await doctor('7000001')).toMatchObject({ doctorStatus: 'SUBMITTED_TO_GMC', version: 2 });
    expect((await load(lines)).body).toMatchObject({ received: 2, created: 0, updated: 0, unchanged: 2 });
    expect((await doctor('7000001')).version).toBe(2);
    expect(await stage.sql(`SELECT gmc_number, comments, admin FROM recommendation WHERE id = 'r1'`)).toEqual([
      { gmc_number: '7000001', comments: ['one', 'two, "three" {}'], admin: 'admin@example.org' },
    ]);
    expect((await doctor('7000001')).admin, 'the doctor is looked after by whoever did before').toBeNull();
  });

  it('raises both doctors when a recommendation turns out to be about the other', async () => {
    await Promise.all([putDoctor('7000002'), putDoctor('7000003')]);
    await load([{ id: 'moved', gmcNumber: '7000002', ...SUBMITTED }]);
    const moved = await load([{ id: 'moved', gmcNumber: '7000003', ...SUBMITTED }]);
    expect(moved.body).toMatchObject({ updated: 1 });
    expect(await doctor('7000002')).toMatchObject({ doctorStatus: 'NOT_STARTED', version: 3 });
    expect(await doctor('7000003')).toMatchObject({ doctorStatus: 'SUBMITTED_TO_GMC', version: 2 });
  });

  it('keeps recommendations of a doctor who is not known yet for the day the doctor comes', async () => {
    expect((await load([{ id: 'early', gmcNumber: '7000004', ...SUBMITTED }])).body.created).toBe(1);
    expect((await putDoctor('7000004')).body).toMatchObject({ doctorStatus: 'SUBMITTED_TO_GMC', version: 1 });
    expect((await liveItem('7000004', 1)).doctor).toMatchObject({ gmcStatus: 'Under Review' });
  });

  it('counts every line and takes the neighbours of a broken one', async () => {
    const answer = await load([
      { id: 'ok', gmcNumber: '7000005' },
      'nonsense',
      { gmcNumber: '7000005' },
      { id: 'x', gmcNumber: '7000005', outcome: 'Perhaps' },
      { id: 'x', gmcNumber: '7000005', recommendationStatus: 'DONE' },
      { id: 'x', gmcNumber: '7000005', comments: ['\ud800'] },
      { id: 'x', gmcNumber: '7000005', deferralDate: '2026-13-01' },
      { id: 'ok', gmcNumber: '7000005', recommendationType: 'REVALIDATE' },
    ]);
    expect([answer.status, answer.body]).toMatchObject([200, { received: 8, created: 1, updated: 1, rejected: 6 }]);
    expect(answer.body.errors.map(({ line, code }: { line: number; code: string }) => `${line} ${code}`)).toEqual([
      '2 LINE_UNREADABLE',
      '3 VALIDATION_FAILED',
      '4 VALIDATION_FAILED',
      '5 VALIDATION_FAILED',
      '6 VALIDATION_FAILED',
      '7 VALIDATION_FAILED',
    ]);
  });

  it('is for operators, and for lines', async () => {
    expect((await load([], stage.keys.viewer)).status).toBe(403);
    expect((await stage.call('post', '/api/recommendations/bulk', null)).status).toBe(401);
    expect((await stage.call('post', '/api/recommendations/bulk').send({ id: '1' })).status).toBe(415);
    expect((await load([{ id: 'by-operator', gmcNumber: '7000006' }], stage.keys.operator)).status).toBe(200);
  });

  it('tells of each change of a doctor once, as the doctor is now', async () => {
    await putDoctor('7100001', {
      designatedBodyCode: '1-1RSG4X0',
      submissionDate: '2026-09-30',
      dateAdded: '2021-08-04',
    });
    await putDoctor('7100001', {
      designatedBodyCode: '1-1RSG4X0',
      submissionDate: '2026-09-30',
      dateAdded: '2021-08-04',
    });
    await load([{ id: 'live', gmcNumber: '7100001', ...SUBMITTED, outcome: 'REJECTED' }]);
    const { doctor: told, ...head } = await liveItem('7100001', 2);
    expect(head).toEqual({ key: '7100001', version: 2, deleted: false });
    expect(told).toEqual({
      gmcReferenceNumber: '7100001',
      doctorFirstName: null,
      doctorLastName: 'Doe',
      submissionDate: '2026-09-30',
      dateAdded: '2021-08-04',
      lastUpdatedDate: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/),
      designatedBody: '1-1RSG4X0',
      underNotice: 'YES',
      sanction: null,
      existsInGmc: true,
      gmcStatus: 'Rejected',
      tisStatus: 'COMPLETED',
      admin: null,
    });
    await stage.call('delete', '/api/gmc-doctors/7100001');
    expect(await liveItem('7100001', 3)).toEqual({ key: '7100001', version: 3, deleted: true, doctor: null });
    expect(
      itemsOf('7100001')
        .map(({ version }) => version)
        .sort(),
    ).toEqual([1, 2, 3]);
  });

  it('tells of whom a snapshot connects and disconnects', async () => {
    const at = { designatedBodyCode: '1-LIVE', gmcLastUpdatedDateTime: '2026-03-01T00:00:00Z' };
    await Promise.all([putDoctor('7200001', at), putDoctor('7200002', at)]);
    const body = { requestDateTime: '2026-03-02T00:00:00Z', doctors: [{ gmcNumber: '7200003' }] };
    await stage.call('post', '/api/gmc-doctors/designated-bodies/1-LIVE/snapshot').send(body);
    const gone = { existsInGmc: false, designatedBody: null };
    expect((await liveItem('7200001', 2)).doctor).toMatchObject(gone);
    expect((await liveItem('7200002', 2)).doctor).toMatchObject(gone);
    expect((await liveItem('7200003', 1)).doctor).toMatchObject({ existsInGmc: true, designatedBody: '1-LIVE' });
  });

  it('sends a bulk load in messages of at most two hundred doctors', async () => {
    const numbers = Array.from({ length: 501 }, (_, index) => String(7_300_001 + index));
    await stage.load(
      '/api/gmc-doctors/bulk',
      numbers.map((gmcNumber) => ({ gmcNumber })),
    );
    const told = () => arrivals.filter(({ payload }) => payload.items.some(({ key }) => key.startsWith('73')));
    await waitFor('all doctors', () => told().flatMap(({ payload }) => payload.items).length === 501);
    const sizes = told().map(({ payload }) => payload.items.length);
    expect(sizes.sort((a, b) => a - b)).toEqual([1, 100, 200, 200]);
  });
});
