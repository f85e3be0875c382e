import { londonDate, type MasterDoctorDocument } from '@lockstep/contracts';
import { day } from '@lockstep/demo-data';
import { aMasterDoctor, createTestPlaces, describeOnEveryEngine, type TestPlaces } from '@lockstep/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_KEY, show, startConnection } from '../connection.fixture.js';

const TODAY = londonDate(new Date());

/** Doctors by what they show; the number's last digits name them in the expectations. */
const DOCTORS: readonly MasterDoctorDocument[] = [
  doctor('01', {
    doctorFirstName: 'Siân',
    doctorLastName: "O'Brien",
    ...connectedTo('1-A'),
    ...trainee('1-A', 'Cardiology', 30),
  }),
  doctor('02', {
    doctorFirstName: 'Łukasz',
    doctorLastName: 'Groß',
    ...connectedTo('1-A'),
    ...trainee('1-B', 'Acute Medicine', 5),
  }),
  doctor('03', { doctorFirstName: 'Mary Ann', doctorLastName: 'Smith-Jones', ...connectedTo('1-25U-830') }),
  doctor('04', {
    doctorFirstName: 'No',
    doctorLastName: 'Body',
    existsInGmc: true,
    ...trainee('1-B', 'General Practice (London)', 90),
  }),
  doctor('05', { doctorFirstName: 'Only', doctorLastName: 'Tis', ...trainee('1-A', 'Acute Internal Medicine', 0) }),
  doctor('06', { doctorLastName: 'Visitor', membershipType: 'VISITOR', ...connectedTo('1-A') }),
  doctor('07', { doctorLastName: 'Expired', ...connectedTo('1-C'), ...trainee('1-C', 'Cardiology', -1) }),
  doctor('08', { doctorLastName: 'Military', ...connectedTo('1-A'), membershipType: 'MILITARY' }),
  doctor('09', { doctorLastName: 'Foundation', ...connectedTo('1-A'), placementGrades: ['12', '279'] }),
  doctor('10', { doctorLastName: 'Graded', ...connectedTo('1-A'), placementGrades: ['2790'] }),
];

describeOnEveryEngine('GET /api/connections/{list}', (engines) => {
  let places: TestPlaces;
  let app: NestExpressApplication;

  beforeAll(async () => {
    places = await createTestPlaces(engines);
    app = await startConnection({
      ...places.env,
    });
    await show(app, DOCTORS, TODAY);
  });

  afterAll(async () => {
    await app?.close();
    await places?.remove();
  });

  const get = (path: string, key: string = ADMIN_KEY) =>
    supertest(app.getHttpServer()).get(`/api/connections/${path}`).set('Authorization', `Bearer ${key}`);
  const found = async (path: string): Promise<string[]> => {
    const answer = await get(path).expect(200);
    const names = answer.body.items.map((row: { gmcReferenceNumber: string }) => row.gmcReferenceNumber.slice(-2));
    expect(answer.body.total).toBe(names.length);
    return names;
  };

  describe('shows in', () => {
    it.each([
      ['current', ['01', '02', '03', '04', '06', '07', '10']],
      ['connected', ['01', '02', '03', '06', '07', '08', '09', '10']],
      ['disconnected', ['04', '05']],
      ['exceptions', ['06', '07']],
      ['discrepancies', ['02', '03', '04', '05', '06', '10']],
      // GMC's body narrows; a code is compared whole.
      ['current?designatedBodies=1-A', ['01', '02', '06', '10']],
      ['current?designatedBodies=1-C,%201-25U-830', ['03', '07']],
      ['current?designatedBodies=1-A&tisDesignatedBodies=1-B', ['02']],
      ['current?designatedBodies=830', []],
      ['connected?designatedBodies=1-C', ['07']],
      ['disconnected?tisDesignatedBodies=1-B', ['04']],
      // Where two bodies differ, one of them is enough.
      ['discrepancies?designatedBodies=1-A', ['02', '06', '10']],
      ['discrepancies?tisDesignatedBodies=1-B', ['02', '04']],
      ['discrepancies?designatedBodies=1-25U-830&tisDesignatedBodies=1-A', ['03', '05']],
      ['exceptions?designatedBodies=1-C&tisDesignatedBodies=1-B', ['07']],
      // Words of a programme's name, one after the other.
      ['current?programmeName=cardiology', ['01', '07']],
      ['current?programmeName=medicine', ['02']],
      ['disconnected?programmeName=acute%20internal', ['05']],
      ['disconnected?programmeName=acute%20medicine', []],
      ['disconnected?programmeName=practice%20london', ['04']],
      // Both ends of a range are in it; doctors without the date are not.
      [`current?membershipEndDateFrom=${day(TODAY, 5)}`, ['01', '02', '04']],
      [`current?membershipEndDateTo=${day(TODAY, 5)}`, ['02', '07']],
      [`disconnected?membershipEndDateFrom=${TODAY}&membershipEndDateTo=${TODAY}`, ['05']],
      ['connected?submissionDateFrom=2026-05-03&submissionDateTo=2026-05-06', ['03', '06']],
      ['connected?submissionDateTo=2026-05-01', ['01']],
    ])('%s %j', async (path, expected) => {
      expect(await found(path)).toEqual(expected);
    });
  });

  describe('finds by search', () => {
    it.each([
      ["O'Brien", ['01']],
      ['OBRIEN', ['01']],
      ['o’brien sian', ['01']],
      ['brien', []],
      ['gross', ['02']],
      ['Lukas', ['02']],
      ['smith mary', ['03']],
      ['jones ann smi', ['03']],
      ['smith nobody', []],
      ['7000003', ['03']],
      ['70000', ['01', '02', '03', '06', '07', '08', '09', '10']],
      ['*', ['01', '02', '03', '06', '07', '08', '09', '10']],
      ['', ['01', '02', '03', '06', '07', '08', '09', '10']],
      ['"smith"', ['03']],
      ['{"query":{"match_all":{}}}', []],
      ['smith*', ['03']],
      ['a'.repeat(256), []],
    ])('%.40s', async (search, expected) => {
      expect(await found(`connected?search=${encodeURIComponent(search)}`)).toEqual(expected);
    });
  });

  it('gives a row with the names that users of the lists know', async () => {
    const { body } = await get('exceptions?search=expired').expect(200);
    expect(body).toEqual({
      items: [
        {
          tcsPersonId: 7,
          gmcReferenceNumber: '7000007',
          doctorFirstName: null,
          doctorLastName: 'Expired',
          submissionDate: '2026-05-07',
          programmeName: 'Cardiology',
          programmeMembershipType: 'SUBSTANTIVE',
          designatedBody: '1-C',
          tcsDesignatedBody: '1-C',
          programmeOwner: 'Owner 1-C',
          connectionStatus: 'Yes',
          programmeMembershipStartDate: '2020-08-01',
          programmeMembershipEndDate: day(TODAY, -1),
          dataSource: 'TCS',
          exceptionReason: 'Programme membership has ended',
          updatedBy: null,
          lastConnectionDateTime: null,
          hiddenDiscrepancies: [],
        },
      ],
      total: 1,
      page: 1,
      pageSize: 20,
      cursor: null,
    });
  });

  it('tells why a doctor is an exception in the lists over the master too', async () => {
    const { body } = await get('current?search=7000006').expect(200);
    expect(body.items[0]).toMatchObject({ exceptionReason: 'Visitor', dataSource: 'GMC', tcsPersonId: null });
  });

  it.each([
    ['sort=doctorLastName', ['04', '05']],
    ['sort=-doctorLastName', ['05', '04']],
    ['sort=programmeMembershipEndDate', ['05', '04']],
    ['sort=-membershipEndDate', ['04', '05']],
    ['sort=-gmcReferenceNumber', ['05', '04']],
    ['sort=programmeOwner', ['05', '04']],
    ['', ['04', '05']],
  ])('sorts by %s', async (sort, expected) => {
    expect(await found(`disconnected?${sort}`)).toEqual(expected);
  });

  it('goes through a list by pages and by cursors alike', async () => {
    const all = await found('connected');
    const paged = [];
    for (let page = 1; page <= 3; page += 1) {
      const { body } = await get(`connected?pageSize=3&page=${page}`).expect(200);
      expect(body).toMatchObject({ total: all.length, page, pageSize: 3 });
      paged.push(...body.items);
    }
    const walked = [];
    let cursor: string | null = '';
    do {
      const { body } = await get(`connected?pageSize=3${cursor ? `&cursor=${cursor}` : ''}`).expect(200);
      walked.push(...body.items);
      cursor = body.cursor;
    } while (cursor !== null);
    expect(paged).toEqual(walked);
    expect(walked.map((row) => row.gmcReferenceNumber.slice(-2))).toEqual(all);
  });

  it('refuses a later page beside a cursor, and a cursor of another order', async () => {
    const { cursor } = (await get('connected?pageSize=3').expect(200)).body;
    const both = await get(`connected?pageSize=3&page=2&cursor=${cursor}`).expect(400);
    expect(both.body.code).toBe('PAGE_INVALID');
    const other = await get(`connected?pageSize=3&sort=doctorLastName&cursor=${cursor}`).expect(400);
    expect(other.body.code).toBe('CURSOR_INVALID');
  });

  it.each([
    ['a search text of 300 characters', `current?search=${'a'.repeat(300)}`, 'TEXT_TOO_LONG'],
    ["a programme's name of 300 characters", `connected?programmeName=${'a'.repeat(300)}`, 'TEXT_TOO_LONG'],
    ['a page beyond row 10,000', 'connected?page=501&pageSize=20', 'PAGE_TOO_DEEP'],
    ['a damaged cursor', 'connected?cursor=abc', 'CURSOR_INVALID'],
  ])('refuses %s', async (_, path, code) => {
    const { body } = await get(path)
      .expect(400)
      .expect('Content-Type', /problem\+json/);
    expect(body).toMatchObject({ status: 400, code });
  });

  it.each([
    ['an unknown parameter', 'connected?unknown=1', 'unknown'],
    ['page 0', 'connected?page=0', 'page'],
    ['a page in words', 'connected?page=two', 'page'],
    ['a page of 201 rows', 'connected?pageSize=201', 'pageSize'],
    ['a column that cannot be sorted by', 'connected?sort=placementGrades', 'sort'],
    ['a column of the row without an order', 'connected?sort=connectionStatus', 'sort'],
    ['two texts', 'connected?search=a&search=b', 'search'],
    ['a day that does not exist', 'connected?membershipEndDateFrom=2026-02-30', 'membershipEndDateFrom'],
    ['a date of another form', 'connected?submissionDateTo=01/02/2026', 'submissionDateTo'],
    [
      'a range that ends before it begins',
      'current?submissionDateFrom=2026-05-02&submissionDateTo=2026-05-01',
      'submissionDateFrom',
    ],
    ['201 designated bodies', `current?designatedBodies=${'1-A,'.repeat(201)}`, 'designatedBodies'],
    ['a code of 101 characters', `current?tisDesignatedBodies=${'x'.repeat(101)}`, 'tisDesignatedBodies'],
  ])('refuses %s, naming the parameter', async (_, path, parameter) => {
    const { body } = await get(path).expect(400);
    expect(body.code).toBe('VALIDATION_FAILED');
    expect(new Set(body.errors.map(({ path: at }: { path: string }) => at))).toEqual(new Set([parameter]));
  });

  it.each(['hidden', 'Current', 'constructor', '..%2Ftokens'])('has no list %s', async (list) => {
    const { body } = await get(list).expect(404);
    expect(body).toMatchObject({ code: 'LIST_UNKNOWN', detail: expect.stringContaining('discrepancies') });
  });

  it('is documented with every parameter and the row', async () => {
    const { body } = await supertest(app.getHttpServer()).get('/api/docs-json').expect(200);
    const operation = body.paths['/api/connections/{list}'].get;
    const names = operation.parameters.map(({ name }: { name: string }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['list', 'search', 'tisDesignatedBodies', 'submissionDateTo', 'cursor']),
    );
    expect(Object.keys(body.components.schemas.ConnectionInfo.properties)).toContain('exceptionReason');
  });

  it('is for everybody with a token, and for nobody else', async () => {
    await supertest(app.getHttpServer()).get('/api/connections/current').expect(401);
    await get('current', 'lsk_wrong').expect(401);
    const { body } = await supertest(app.getHttpServer())
      .post('/api/tokens')
      .set('Authorization', `Bearer ${ADMIN_KEY}`)
      .send({ name: 'reader', role: 'viewer' })
      .expect(201);
    await get('current', body.key).expect(200);
    await supertest(app.getHttpServer())
      .post('/api/connections/current')
      .set('Authorization', `Bearer ${ADMIN_KEY}`)
      .expect(405);
  });
});

function doctor(digits: string, stated: Partial<MasterDoctorDocument>): MasterDoctorDocument {
  const document = aMasterDoctor({
    gmcReferenceNumber: `70000${digits}`,
    submissionDate: `2026-05-${digits}`,
    ...stated,
  });
  const differs = document.designatedBody !== document.tcsDesignatedBody;
  return { ...document, tcsPersonId: document.programmeName ? Number(digits) : null, isDiscrepancy: differs };
}

function connectedTo(designatedBody: string): Partial<MasterDoctorDocument> {
  return { designatedBody, existsInGmc: true, connectionStatus: 'Yes' };
}

function trainee(tcsDesignatedBody: string, programmeName: string, endsInDays: number): Partial<MasterDoctorDocument> {
  return {
    tcsDesignatedBody,
    programmeName,
    programmeOwner: `Owner ${tcsDesignatedBody}`,
    membershipType: 'SUBSTANTIVE',
    membershipStartDate: '2020-08-01',
    membershipEndDate: day(TODAY, endsInDays),
  };
}
