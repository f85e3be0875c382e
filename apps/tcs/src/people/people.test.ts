import { createTestPlaces, describeOnEveryEngine, type TestPlaces } from '@lockstep/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { caller, startTcs } from '../tcs.fixture.js';
import { PeopleStore } from './people.store.js';
import { toPersonRecord } from './person-record.js';

const LEEDS = { programmeNumber: 'YHD1', programmeName: 'General Practice Leeds', owner: 'Yorkshire and the Humber' };

const AOIFE = {
  forenames: 'Aoife',
  surname: "O'Brien",
  gmcNumber: ' 7000001 ',
  role: 'DR in Training',
  programmeMemberships: [
    {
      ...LEEDS,
      type: 'SUBSTANTIVE',
      startDate: '2024-08-07',
      endDate: '2027-08-03',
      curricula: [
        { name: 'General Practice', endDate: '2027-08-03' },
        { name: 'Acute Medicine', endDate: null },
      ],
    },
  ],
  placements: [{ gradeId: '312', grade: 'GP Registrar', dateFrom: '2026-02-04', dateTo: '2026-08-04' }],
};

describeOnEveryEngine('people over REST', (engines) => {
  let places: TestPlaces;
  let app: NestExpressApplication;
  const call = caller(() => app);
  const keys: Record<string, string> = {};

  beforeAll(async () => {
    places = await createTestPlaces(engines);
    app = await startTcs(places);
    for (const role of ['viewer', 'operator']) {
      const answer = await call('post', '/api/tokens').send({ name: role, role });
      keys[role] = answer.body.key;
    }
  });

  afterAll(async () => {
    await app?.close();
    await places?.remove();
  });

  const put = (personId: number, body: object) => call('put', `/api/trainees/${personId}`).send(body);
  const versionOf = async (personId: number) => (await call('get', `/api/trainees/${personId}`)).body.version;
  const load = (lines: readonly (object | string)[], key?: string) =>
    call('post', '/api/trainees/bulk', key)
      .set('Content-Type', 'application/x-ndjson')
      .send(lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));

  it('creates, shows, replaces and deletes a person; the version only grows', async () => {
    const created = await put(101, AOIFE);
    expect([created.status, created.body]).toMatchObject([201, { personId: 101, version: 1, ...AOIFE }]);
    expect((await put(101, AOIFE)).body.version, 'nothing changed').toBe(1);

    const replaced = await put(101, { surname: 'Murphy' });
    expect([replaced.status, replaced.body]).toMatchObject([
      200,
      { version: 2, forenames: null, surname: 'Murphy', gmcNumber: null, programmeMemberships: [], placements: [] },
    ]);

    expect((await call('delete', '/api/trainees/101')).status).toBe(204);
    expect((await call('get', '/api/trainees/101')).status).toBe(404);
    expect((await call('delete', '/api/trainees/101')).status).toBe(404);

    const again = await put(101, { surname: 'Murphy' });
    expect([again.status, again.body.version]).toEqual([201, 4]);
  });

  it('keeps no personal data of a deleted person, only that there was one', async () => {
    await put(102, AOIFE);
    await call('delete', '/api/trainees/102');
    const [row] = await app.get(DataSource).query(
      `SELECT forenames, surname, role, content_hash, deleted, version,
              (SELECT count(*)::int FROM gmc_details WHERE person_id = 102) AS numbers,
              (SELECT count(*)::int FROM placement WHERE person_id = 102) AS placements
       FROM person WHERE id = 102`,
    );
    expect(row).toEqual({
      forenames: null,
      surname: null,
      role: null,
      content_hash: null,
      deleted: true,
      version: 2,
      numbers: 0,
      placements: 0,
    });
  });

  it('raises everybody on a programme when its name or owner changes, and nobody else', async () => {
    const programme = { ...LEEDS, programmeNumber: 'RENAMED' };
    const on = (surname: string, change = {}) => ({ surname, programmeMemberships: [{ ...programme, ...change }] });
    await put(201, on('First'));
    await put(202, on('Second'));
    await put(203, { surname: 'Elsewhere', programmeMemberships: [LEEDS] });

    const renamed = await put(203, on('Elsewhere', { programmeName: 'Family Medicine Leeds' }));
    expect(renamed.body.version).toBe(2);
    expect(await Promise.all([201, 202].map(versionOf))).toEqual([2, 2]);

    await put(201, on('First', { programmeName: 'Family Medicine Leeds', owner: 'Wessex' }));
    expect(await Promise.all([201, 202, 203].map(versionOf))).toEqual([3, 3, 3]);
    expect((await call('get', '/api/trainees/202')).body.programmeMemberships).toMatchObject([
      { programmeName: 'Family Medicine Leeds', owner: 'Wessex' },
    ]);
  });

  it('loads lines: counts them, keeps unchanged versions, and takes the neighbours of a broken one', async () => {
    const lines = [
      { personId: 301, ...AOIFE },
      '{"personId": 302,',
      { personId: 303, surname: '' },
      { personId: 304, surname: 'Twice' },
      { personId: 304, surname: 'Twice, later' },
      { personId: 305, surname: 'Last', placements: [{ gradeId: 279, dateFrom: '2026-02-30' }] },
    ];
    const first = await load(lines);
    expect([first.status, first.body]).toMatchObject([
      200,
      { received: 6, created: 2, updated: 1, unchanged: 0, rejected: 3, errorsTruncated: false },
    ]);
    expect(first.body.errors).toMatchObject([
      { line: 2, code: 'LINE_UNREADABLE' },
      { line: 3, code: 'VALIDATION_FAILED', errors: [{ path: 'surname' }] },
      { line: 6, code: 'VALIDATION_FAILED', errors: [{ path: 'placements.0.dateFrom' }] },
    ]);
    expect((await call('get', '/api/trainees/304')).body.surname).toBe('Twice, later');

    const second = await load([{ personId: 301, ...AOIFE }]);
    expect(second.body).toMatchObject({ received: 1, created: 0, updated: 0, unchanged: 1 });
    expect(await versionOf(301)).toBe(1);
  });

  it('shows a person put by a line as one put alone', async () => {
    await load([{ personId: 306, ...AOIFE }]);
    expect((await call('get', '/api/trainees/306')).body).toMatchObject({ personId: 306, version: 1, ...AOIFE });
  });

  it('survives saves of the same people and programmes at the same time', async () => {
    const people = app.get(PeopleStore);
    const ids = [401, 402, 403, 404, 405];
    const save = (round: number) =>
      people.save(
        ids.map((id) =>
          toPersonRecord(id, {
            surname: `Round ${round}`,
            programmeMemberships: ['P1', 'P2', 'P3'].map((programmeNumber) => ({
              programmeNumber,
              programmeName: `${programmeNumber} in round ${round}`,
            })),
          }),
        ),
      );
    await Promise.all(Array.from({ length: 8 }, (_, round) => save(round)));
    const shown = await Promise.all(ids.map(async (id) => (await call('get', `/api/trainees/${id}`)).body));
    for (const person of shown) {
      expect(person.version).toBeGreaterThanOrEqual(8);
      expect(person.programmeMemberships).toHaveLength(3);
      expect(person.surname, 'all of them as the last save left them').toBe(shown[0].surname);
    }
  });

  it.each<[string, object, string]>([
    ['no surname', {}, 'surname'],
    ['an unknown field', { surname: 'A', shoeSize: 43 }, 'shoeSize'],
    [
      'a day that does not exist',
      { ...AOIFE, placements: [{ gradeId: '1', dateTo: '2026-02-30' }] },
      'placements.0.dateTo',
    ],
    [
      'a curriculum without a name',
      { ...AOIFE, programmeMemberships: [{ ...LEEDS, curricula: [{}] }] },
      'programmeMemberships.0.curricula.0.name',
    ],
    ['a person id within', { ...AOIFE, personId: 1 }, 'personId'],
  ])('refuses a body with %s and names the field', async (_, body, path) => {
    const answer = await put(501, body);
    expect([answer.status, answer.body.code]).toEqual([400, 'VALIDATION_FAILED']);
    expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(path);
    expect(answer.headers['content-type']).toContain('application/problem+json');
  });

  it.each(['0', '-1', '1.5', 'bulk', '9007199254740993'])('refuses the person id %s', async (id) => {
    for (const method of ['get', 'delete'] as const) {
      const answer = await call(method, `/api/trainees/${id}`);
      expect([answer.status, answer.body.errors]).toMatchObject([400, [{ path: 'personId' }]]);
    }
  });

  it('refuses a body that is too large', async () => {
    const answer = await put(502, { surname: 'A', role: 'x'.repeat(30_000) });
    expect([answer.status, answer.body.code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });

  it('takes lines only as lines', async () => {
    const answer = await call('post', '/api/trainees/bulk').send({ personId: 1, surname: 'A' });
    expect(answer.status).toBe(415);
  });

  it('lets viewers read and operators write, and nobody without a key do either', async () => {
    await put(601, { surname: 'Guarded' });
    const routes = [
      ['get', '/api/trainees/601'],
      ['put', '/api/trainees/601'],
      ['post', '/api/trainees/bulk'],
      ['delete', '/api/trainees/601'],
    ] as const;
    for (const [method, path] of routes) expect((await call(method, path, null)).status, `${method} ${path}`).toBe(401);
    for (const [method, path] of routes.slice(1)) {
      expect((await call(method, path, keys['viewer'])).status, `${method} ${path}`).toBe(403);
    }
    expect((await call('get', '/api/trainees/601', keys['viewer'])).status).toBe(200);
    expect((await load([{ personId: 601, surname: 'Changed' }], keys['operator'])).body.updated).toBe(1);
    expect((await call('delete', '/api/trainees/601', keys['operator'])).status).toBe(204);
  });

  it('documents its routes with the shapes that check them', async () => {
    const document = (await call('get', '/api/docs-json')).body;
    expect(document.paths['/api/trainees/{personId}'].put.requestBody.content['application/json'].schema).toEqual({
      $ref: '#/components/schemas/TraineeBody',
    });
    expect(document.components.schemas.TraineeBody.required).toEqual(['surname']);
    expect(document.paths['/api/trainees/bulk'].post.requestBody.content).toHaveProperty(['application/x-ndjson']);
  });

  it('has the tables that its entities describe', async () => {
    const { upQueries } = await app.get(DataSource).driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query).filter((query) => !/"(outbox|dead_letter)"/.test(query))).toEqual([]);
  });
});
