import { type MasterDoctorDocument, type MasterDoctorUpdateV1, masterDoctorsUpdated } from '@lockstep/contracts';
import { aMasterDoctor, createTestPlaces, describeOnEveryEngine, type TestPlaces, waitFor } from '@lockstep/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RecommendationStage, startRecommendation } from '../recommendation.fixture.js';

const LEEDS = '1-1RSG4X0';
const BELFAST = '1-25U-830';

const DOCTORS: MasterDoctorDocument[] = [
  { gmcReferenceNumber: '7000001', doctorFirstName: 'Aoife', doctorLastName: "O'Brien", submissionDate: '2026-09-30' },
  { gmcReferenceNumber: '7000002', doctorFirstName: 'Zoë', doctorLastName: 'Nuñez', submissionDate: '2026-05-01' },
  { gmcReferenceNumber: '7000003', doctorFirstName: 'Ali', doctorLastName: 'Ahmed', submissionDate: '2026-05-01' },
  { gmcReferenceNumber: '7000004', doctorFirstName: 'Xin Yi', doctorLastName: 'Chen', submissionDate: null },
  { gmcReferenceNumber: '7000005', doctorFirstName: 'Only', doctorLastName: 'Trainee', submissionDate: null },
].map(aMasterDoctor);
const [aoife, zoe, ali, chen, trainee] = DOCTORS as [
  MasterDoctorDocument,
  MasterDoctorDocument,
  MasterDoctorDocument,
  MasterDoctorDocument,
  MasterDoctorDocument,
];
for (const doctor of [aoife, zoe, ali, chen]) doctor.existsInGmc = true;
Object.assign(aoife, {
  underNotice: 'YES',
  designatedBody: LEEDS,
  connectionStatus: 'Yes',
  programmeName: 'General Practice Leeds',
  membershipType: 'SUBSTANTIVE',
  curriculumEndDate: '2027-08-03',
  gmcStatus: 'Under Review',
  tisStatus: 'SUBMITTED_TO_GMC',
  admin: 'admin@example.org',
  dateAdded: '2021-08-04',
  lastUpdatedDate: '2026-03-01',
  sanction: 'Conditions',
  tcsPersonId: 4711,
});
Object.assign(zoe, { underNotice: 'ON_HOLD', designatedBody: BELFAST, programmeName: 'Practice General Leeds' });
Object.assign(ali, { underNotice: 'YES', designatedBody: LEEDS, tisStatus: 'NOT_STARTED' });
Object.assign(trainee, { underNotice: 'YES', programmeName: 'General Practice Leeds' });

describeOnEveryEngine('the list of doctors', (engines) => {
  let places: TestPlaces;
  let stage: RecommendationStage;

  beforeAll(async () => {
    places = await createTestPlaces(engines);
    stage = await startRecommendation(places);
    expect((await list('')).body, 'before anything was indexed').toEqual({
      items: [],
      total: 0,
      page: 1,
      pageSize: 20,
      cursor: null,
      countTotal: 0,
      countUnderNotice: 0,
    });
    await tell(
      DOCTORS.map((document) => ({ gmcNumber: document.gmcReferenceNumber, version: 1, deleted: false, document })),
    );
    await waitFor('all doctors', async () => (await list('')).body.total === 4);
  });

  afterAll(async () => {
    await stage?.stop();
    await places?.remove();
  });

  const tell = (items: MasterDoctorUpdateV1[]) => stage.publish(masterDoctorsUpdated, { items });
  const list = (query: string, key?: string | null) => stage.call('get', `/api/doctors?${query}`, key);
  const numbers = async (query: string): Promise<string> => {
    const answer = await list(query);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    return answer.body.items.map((row: { gmcReferenceNumber: string }) => row.gmcReferenceNumber.slice(-1)).join('');
  };

  it.each([
    ['who is due first comes first, then the last name, whom only TIS knows is out', '', '3214'],
    ['the last first', 'sort=-submissionDate', '1324'],
    ['by last name', 'sort=doctorLastName', '3421'],
    ['by first name, backwards', 'sort=-doctorFirstName', '2413'],
    ['by number', 'sort=gmcReferenceNumber', '1234'],
    ['under notice', 'underNotice=true', '31'],
    ['under notice or not', 'underNotice=false', '3214'],
    ['on hold', 'underNotice=ON_HOLD', '2'],
    ['one body', `designatedBodies=${LEEDS}`, '31'],
    ['a body with two hyphens, compared whole', `designatedBodies=${BELFAST}`, '2'],
    ['a part of a code', 'designatedBodies=830,1-25U', ''],
    ['two bodies', `designatedBodies=${LEEDS},${BELFAST}`, '321'],
    ['a body that nobody knows', 'designatedBodies=1-NONE', ''],
    ['no bodies', 'designatedBodies=', '3214'],
    ['words of a programme in their order', 'programmeName=general%20practice', '1'],
    ['outcome', 'gmcStatus=Under%20Review', '1'],
    ['status', 'tisStatus=NOT_STARTED', '3'],
    ['admin', 'admin=admin%40example.org', '1'],
    ['a name with an apostrophe', 'search=o%27brien', '1'],
    ['a name without it', 'search=OBRIEN', '1'],
    ['a name without its accents', 'search=zoe%20nunez', '2'],
    ['two beginnings of words', 'search=a%20o', '1'],
    ['a number', 'search=7000004', '4'],
    ['a star is no wildcard', 'search=*', '3214'],
    ['quotes and braces are nothing', 'search=%22%7D%7B%5C', '3214'],
    ['conditions hold together', `underNotice=true&designatedBodies=${LEEDS}&search=ahm`, '3'],
    ['the second page', 'page=2&pageSize=3', '4'],
  ])('%s', async (_, query, expected) => {
    expect(await numbers(query)).toBe(expected);
  });

  it('shows a row with every field, and counts all doctors whatever is asked for', async () => {
    const { body } = await list('search=7000001');
    expect(body).toEqual({
      items: [
        {
          gmcReferenceNumber: '7000001',
          doctorFirstName: 'Aoife',
          doctorLastName: "O'Brien",
          submissionDate: '2026-09-30',
          dateAdded: '2021-08-04',
          underNotice: 'YES',
          sanction: 'Conditions',
          doctorStatus: 'SUBMITTED_TO_GMC',
          gmcOutcome: 'Under Review',
          admin: 'admin@example.org',
          lastUpdatedDate: '2026-03-01',
          designatedBody: LEEDS,
          connectionStatus: 'Yes',
          programmeName: 'General Practice Leeds',
          programmeMembershipType: 'SUBSTANTIVE',
          curriculumEndDate: '2027-08-03',
        },
      ],
      total: 1,
      page: 1,
      pageSize: 20,
      cursor: null,
      countTotal: 4,
      countUnderNotice: 2,
    });
  });

  it('goes on by the cursor of each answer to the end', async () => {
    let seen = '';
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = `pageSize=3${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`;
      seen += await numbers(query);
      cursor = (await list(query)).body.cursor;
    }
    expect(seen).toBe('3214');
  });

  it.each([
    ['a text of 257 characters', `search=${'x'.repeat(257)}`, 'TEXT_TOO_LONG'],
    ['a page beyond 10,000 rows', 'page=501', 'PAGE_TOO_DEEP'],
    ['page 0', 'page=0', 'VALIDATION_FAILED'],
    ['pages of 201', 'pageSize=201', 'VALIDATION_FAILED'],
    ['a cursor of somebody else', 'cursor=abc', 'CURSOR_INVALID'],
    ['a column that is none', 'sort=shoeSize', 'VALIDATION_FAILED'],
    ['a notice that is none', 'underNotice=perhaps', 'VALIDATION_FAILED'],
    ['a status that is none', 'tisStatus=DONE', 'VALIDATION_FAILED'],
    ['an outcome that is none', 'gmcStatus=Maybe', 'VALIDATION_FAILED'],
    ['an unknown parameter', 'shoeSize=43', 'VALIDATION_FAILED'],
  ])('refuses %s', async (_, query, code) => {
    const answer = await list(query);
    expect([answer.status, answer.body.code]).toEqual([400, code]);
  });

  it('is for viewers and above', async () => {
    expect((await list('', null)).status).toBe(401);
    expect((await list('', stage.keys.viewer)).status).toBe(200);
  });

  it('shows one doctor alone nowhere: that is another service', async () => {
    expect((await stage.call('get', '/api/doctors/7000001')).status).toBe(404);
  });

  it('follows the master, and never back', async () => {
    const update = (version: number, change: Partial<MasterDoctorDocument> | null): MasterDoctorUpdateV1 => ({
      gmcNumber: '7000009',
      version,
      deleted: change === null,
      document: change && aMasterDoctor({ gmcReferenceNumber: '7000009', existsInGmc: true, ...change }),
    });
    const shown = async (text: string) => (await list(`search=${text}`)).body.total;
    await tell([update(5, { doctorLastName: 'Fifth' })]);
    await waitFor('version 5', async () => (await shown('fifth')) === 1);
    await tell([update(4, { doctorLastName: 'Fourth' })]);
    await tell([update(6, { doctorLastName: 'Sixth' })]);
    await waitFor('version 6', async () => (await shown('sixth')) === 1);
    expect(await shown('fourth')).toBe(0);
    await tell([update(7, null)]);
    await waitFor('the end of it', async () => (await shown('7000009')) === 0);
  });
});
