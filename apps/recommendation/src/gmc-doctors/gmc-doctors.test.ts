import { createTestPlaces, describeOnEveryEngine, type TestPlaces } from '@lockstep/testing';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RecommendationStage, startRecommendation } from '../recommendation.fixture.js';
import { toGmcDoctorRecord } from './gmc-doctor-record.js';
import { GmcDoctorsStore } from './gmc-doctors.store.js';

const AOIFE = {
  doctorFirstName: 'Aoife',
  doctorLastName: "O'Brien",
  submissionDate: '2026-09-30',
  dateAdded: '2021-08-04',
  underNotice: 'YES',
  sanction: null,
  designatedBodyCode: '1-1RSG4X0',
  gmcLastUpdatedDateTime: '2026-03-10T01:00:00.000Z',
};

interface Faults {
  line?: number;
  code: string;
  errors?: { path: string }[];
}

/** Each field once: one wrong value may break several rules. */
function pathsOf({ line, code, errors = [] }: Faults): [number | undefined, string, string[]] {
  return [line, code, [...new Set(errors.map(({ path }) => path))]];
}

describeOnEveryEngine('GMC doctors over REST', (engines) => {
  let places: TestPlaces;
  let stage: RecommendationStage;

  beforeAll(async () => {
    places = await createTestPlaces(engines);
    stage = await startRecommendation(places);
  });

  afterAll(async () => {
    await stage?.stop();
    await places?.remove();
  });

  const put = (gmcNumber: string, body: object) => stage.call('put', `/api/gmc-doctors/${gmcNumber}`).send(body);
  const get = async (gmcNumber: string) => (await stage.call('get', `/api/gmc-doctors/${gmcNumber}`)).body;
  const load = (lines: readonly (object | string)[]) => stage.load('/api/gmc-doctors/bulk', lines);
  const snapshot = (code: string, body: object, key?: string) =>
    stage.call('post', `/api/gmc-doctors/designated-bodies/${code}/snapshot`, key).send(body);

  it('creates, shows, replaces and deletes a doctor; the version only grows', async () => {
    const created = await put('7000001', AOIFE);
    expect([created.status, created.body]).toMatchObject([
      201,
      { gmcNumber: '7000001', version: 1, ...AOIFE, doctorStatus: 'NOT_STARTED', admin: null, existsInGmc: true },
    ]);
    const same = await put('7000001', AOIFE);
    expect([same.status, same.body], 'nothing changed').toEqual([200, created.body]);

    const replaced = await put('7000001', { doctorLastName: 'Murphy' });
    expect([replaced.status, replaced.body]).toMatchObject([
      200,
      { version: 2, doctorFirstName: null, doctorLastName: 'Murphy', submissionDate: null, designatedBodyCode: null },
    ]);
    expect(replaced.body.dateAdded, 'a day that is not told stays').toBe('2021-08-04');

    expect((await stage.call('delete', '/api/gmc-doctors/7000001')).status).toBe(204);
    expect((await stage.call('get', '/api/gmc-doctors/7000001')).status).toBe(404);
    expect((await stage.call('delete', '/api/gmc-doctors/7000001')).status).toBe(404);
    expect((await put('7000001', AOIFE)).body.version).toBe(4);
  });

  it('keeps no personal data of a deleted doctor, only that there was one', async () => {
    await put('7000002', AOIFE);
    await stage.call('delete', '/api/gmc-doctors/7000002');
    const [row] = await stage.sql(
      'SELECT first_name, last_name, admin, designated_body_code, deleted, version FROM doctors_for_db WHERE gmc_number = $1',
      ['7000002'],
    );
    expect(row).toEqual({
      first_name: null,
      last_name: null,
      admin: null,
      designated_body_code: null,
      deleted: true,
      version: 2,
    });
  });

  it('keeps the admin when GMC tells of a doctor again', async () => {
    await put('7000003', AOIFE);
    await stage.sql(`UPDATE doctors_for_db SET admin = 'admin@example.org' WHERE gmc_number = '7000003'`);
    expect((await put('7000003', { ...AOIFE, sanction: 'Conditions' })).body.admin).toBe('admin@example.org');
    await snapshot('1-KEEPS', { requestDateTime: '2026-03-11T00:00:00Z', doctors: [{ gmcNumber: '7000003' }] });
    expect(await get('7000003')).toMatchObject({ admin: 'admin@example.org', designatedBodyCode: '1-KEEPS' });
  });

  it('trims a number, in a path and in a line', async () => {
    expect((await put('%207000004%20', AOIFE)).body.gmcNumber).toBe('7000004');
    expect((await load([{ gmcNumber: ' 7000004 ', ...AOIFE }])).body.unchanged).toBe(1);
  });

  it('loads lines: counts them, keeps unchanged versions, and takes the neighbours of a broken one', async () => {
    const first = await load([
      { gmcNumber: '7100001', ...AOIFE },
      '{"gmcNumber": 7',
      { gmcNumber: '' },
      { gmcNumber: '7100002', doctorLastName: 'Twice' },
      { gmcNumber: '7100002', doctorLastName: 'Twice, later' },
      { gmcNumber: '7100003', underNotice: 'Maybe' },
      { gmcNumber: '7100003', submissionDate: '0000-01-01' },
      { gmcNumber: '7100003', shoeSize: 43 },
    ]);
    expect([first.status, first.body]).toMatchObject([
      200,
      { received: 8, created: 2, updated: 1, unchanged: 0, rejected: 5, errorsTruncated: false },
    ]);
    expect(first.body.errors.map(pathsOf)).toEqual([
      [2, 'LINE_UNREADABLE', []],
      [3, 'VALIDATION_FAILED', ['gmcNumber']],
      [6, 'VALIDATION_FAILED', ['underNotice']],
      [7, 'VALIDATION_FAILED', ['submissionDate']],
      [8, 'VALIDATION_FAILED', ['shoeSize']],
    ]);
    expect((await get('7100002')).doctorLastName).toBe('Twice, later');
    expect((await load([{ gmcNumber: '7100001', ...AOIFE }])).body).toMatchObject({ received: 1, unchanged: 1 });
    expect((await get('7100001')).version).toBe(1);
  });

  it('disconnects by a snapshot who the body no longer has, and nobody else', async () => {
    const body = '1-SNAP';
    const at = (day: string) => ({
      ...AOIFE,
      designatedBodyCode: body,
      gmcLastUpdatedDateTime: `2026-03-${day}T00:00:00Z`,
    });
    await load([
      { gmcNumber: '7200001', ...at('01') },
      { gmcNumber: '7200002', ...at('01') },
      { gmcNumber: '7200003', ...at('20') },
      { gmcNumber: '7200004', ...at('01'), designatedBodyCode: '1-OTHER' },
      { gmcNumber: '7200005', ...at('20'), designatedBodyCode: '1-OTHER' },
      { gmcNumber: '7200006', ...at('01'), gmcLastUpdatedDateTime: null },
    ]);
    const { gmcLastUpdatedDateTime: _, ...told } = AOIFE;
    const doctors = ['7200001', '7200004', '7200005', '7200007'].map((gmcNumber) => ({
      gmcNumber,
      ...told,
      designatedBodyCode: body,
      underNotice: 'NO',
    }));
    const answer = await snapshot(body, { requestDateTime: '2026-03-10T00:00:00Z', doctors });
    expect([answer.status, answer.body]).toEqual([
      200,
      { received: 4, created: 1, updated: 2, unchanged: 0, outdated: 1, disconnected: 2 },
    ]);
    const shown = async (gmcNumber: string) => {
      const { designatedBodyCode, existsInGmc, doctorStatus, gmcLastUpdatedDateTime, version } = await get(gmcNumber);
      return [designatedBodyCode, existsInGmc, doctorStatus, gmcLastUpdatedDateTime.slice(0, 10), version];
    };
    expect(await shown('7200001'), 'named').toEqual([body, true, 'COMPLETED', '2026-03-10', 2]);
    expect(await shown('7200002'), 'not named').toEqual([null, false, 'NOT_STARTED', '2026-03-10', 2]);
    expect(await shown('7200003'), 'not named, but newer').toEqual([body, true, 'NOT_STARTED', '2026-03-20', 1]);
    expect(await shown('7200004'), 'came over').toEqual([body, true, 'COMPLETED', '2026-03-10', 2]);
    expect(await shown('7200005'), 'named, but newer elsewhere').toEqual([
      '1-OTHER',
      true,
      'NOT_STARTED',
      '2026-03-20',
      1,
    ]);
    expect(await shown('7200006'), 'not named, never told of').toEqual([null, false, 'NOT_STARTED', '2026-03-10', 2]);
    expect(await shown('7200007'), 'new').toEqual([body, true, 'NOT_STARTED', '2026-03-10', 1]);

    const older = await snapshot(body, { requestDateTime: '2026-03-05T00:00:00Z', doctors: [] });
    expect(older.body, 'an older snapshot that comes late').toMatchObject({ received: 0, disconnected: 0 });
    const late = await snapshot(body, { requestDateTime: '2026-03-05T00:00:00Z', doctors });
    expect(late.body).toMatchObject({ received: 4, outdated: 4, disconnected: 0 });
  });

  it('refuses a whole snapshot for one wrong doctor, naming field and place', async () => {
    const doctors = [{ gmcNumber: '7300001' }, { gmcNumber: '7300002', underNotice: 'maybe' }, { gmcNumber: 'a b' }];
    const answer = await snapshot('1-BAD', { requestDateTime: '2026-03-10T00:00:00Z', doctors });
    expect([answer.status, answer.body.code]).toEqual([400, 'VALIDATION_FAILED']);
    expect(pathsOf(answer.body)[2]).toEqual(['doctors.1.underNotice', 'doctors.2.gmcNumber']);
    expect((await stage.call('get', '/api/gmc-doctors/7300001')).status).toBe(404);
    const other = [{ gmcNumber: '7300001', designatedBodyCode: '1-GOOD' }];
    const elsewhere = await snapshot('1-BAD', { requestDateTime: '2026-03-10T00:00:00Z', doctors: other });
    expect(pathsOf(elsewhere.body)[2]).toEqual(['doctors.0.designatedBodyCode']);
    const when = await snapshot('1-BAD', { requestDateTime: 'yesterday', doctors: [] });
    expect(pathsOf(when.body)[2]).toEqual(['requestDateTime']);
  });

  it('survives saves of the same doctors at the same time', async () => {
    const doctors = stage.app.get(GmcDoctorsStore);
    const numbers = ['7400001', '7400002', '7400003'];
    const save = (round: number) =>
      doctors.save(numbers.map((number) => toGmcDoctorRecord(number, { doctorLastName: `Round ${round}` })));
    await Promise.all(Array.from({ length: 8 }, (_, round) => save(round)));
    const shown = await Promise.all(numbers.map(get));
    expect(shown.map(({ version }) => version)).toEqual([8, 8, 8]);
    expect(new Set(shown.map(({ doctorLastName }) => doctorLastName)).size).toBe(1);
  });

  it.each<[string, object, string]>([
    ['an unknown field', { shoeSize: 43 }, 'shoeSize'],
    ['a number within', { gmcNumber: '7' }, 'gmcNumber'],
    ['a day that does not exist', { submissionDate: '2026-02-30' }, 'submissionDate'],
    ['an instant without a zone', { gmcLastUpdatedDateTime: '2026-02-03T00:00:00' }, 'gmcLastUpdatedDateTime'],
    ['a notice that GMC does not know', { underNotice: 'Yes' }, 'underNotice'],
    ['a name of 201 characters', { doctorLastName: 'x'.repeat(201) }, 'doctorLastName'],
    ['half a character', { doctorLastName: '\ud800' }, 'doctorLastName'],
  ])('refuses a body with %s and names the field', async (_, body, path) => {
    const answer = await put('7500001', body);
    expect([answer.status, answer.body.code]).toEqual([400, 'VALIDATION_FAILED']);
    expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(path);
    expect(answer.headers['content-type']).toContain('application/problem+json');
  });

  it.each(['%20', 'a%20b', '7%C2%A0000001', 'x'.repeat(51)])('refuses the number %s', async (number) => {
    for (const method of ['get', 'delete'] as const) {
      const answer = await stage.call(method, `/api/gmc-doctors/${number}`);
      expect([answer.status, answer.body.errors]).toMatchObject([400, [{ path: 'gmcNumber' }]]);
    }
  });

  it('refuses a body that is too large, and lines that are no lines', async () => {
    const large = await put('7500002', { sanction: 'x'.repeat(30_000) });
    expect([large.status, large.body.code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    expect((await stage.call('post', '/api/gmc-doctors/bulk').send({ gmcNumber: '1' })).status).toBe(415);
  });

  it('lets viewers read and operators write, and nobody without a key do either', async () => {
    await put('7600001', AOIFE);
    const routes = [
      ['get', '/api/gmc-doctors/7600001'],
      ['put', '/api/gmc-doctors/7600001'],
      ['post', '/api/gmc-doctors/bulk'],
      ['post', '/api/gmc-doctors/designated-bodies/1-X/snapshot'],
      ['delete', '/api/gmc-doctors/7600001'],
    ] as const;
    const { viewer, operator } = stage.keys;
    for (const [method, path] of routes) {
      expect((await stage.call(method, path, null)).status, `${method} ${path}`).toBe(401);
    }
    for (const [method, path] of routes.slice(1)) {
      expect((await stage.call(method, path, viewer)).status, `${method} ${path}`).toBe(403);
    }
    expect((await stage.call('get', '/api/gmc-doctors/7600001', viewer)).status).toBe(200);
    const empty = { requestDateTime: '2026-03-10T00:00:00Z', doctors: [] };
    expect((await snapshot('1-X', empty, operator)).status).toBe(200);
    expect((await stage.call('delete', '/api/gmc-doctors/7600001', operator)).status).toBe(204);
  });

  it('documents its routes with the shapes that check them', async () => {
    const document = (await stage.call('get', '/api/docs-json')).body;
    expect(document.paths['/api/gmc-doctors/{gmcNumber}'].put.requestBody.content['application/json'].schema).toEqual({
      $ref: '#/components/schemas/GmcDoctorBody',
    });
    expect(document.paths['/api/gmc-doctors/bulk'].post.requestBody.content).toHaveProperty(['application/x-ndjson']);
  });

  it('has the tables that its entities describe', async () => {
    const { upQueries } = await stage.app.get(DataSource).driver.createSchemaBuilder().log();
    const ours = upQueries
      .map(({ query }) => query)
      .filter((query) => /doctors_for_db|recommendation"|extraction/.test(query));
    expect(ours).toEqual([]);
  });
});
