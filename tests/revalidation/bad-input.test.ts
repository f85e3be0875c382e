import { describeWithEngines } from '@lockstep/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { runToExit } from '../stage/run-to-exit.js';
import { type App, useStage } from '../stage/stage.js';
import { type PlainPerson, plainPeople } from './plain-people.js';

interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  errors?: { path: string; message: string }[];
}

describe('settings', () => {
  const demanded: [App, string[]][] = [
    ['tcs', ['RABBITMQ_URL', 'DATABASE_URL']],
    ['integration', ['RABBITMQ_URL', 'DATABASE_URL', 'ELASTICSEARCH_URL']],
  ];
  const wrong = { PORT: 'eighty', LOG_LEVEL: 'loud', DATABASE_POOL_SIZE: '1', SHUTDOWN_GRACE_MS: '-1' };

  it.each(demanded)('%s names every missing one at once and ends with 1', async (app, names) => {
    const { code, output } = await runToExit(app, {});
    expect(code).toBe(1);
    for (const name of names) expect(output).toContain(name);
  });

  it.each(demanded)('%s names every wrong one at once, beside the missing, and ends with 1', async (app, names) => {
    const { code, output } = await runToExit(app, wrong);
    expect(code).toBe(1);
    for (const name of [...names, ...Object.keys(wrong)]) expect(output).toContain(name);
  });

  it('never prints a secret that is wrong', async () => {
    const { code, output } = await runToExit('integration', {
      RABBITMQ_URL: 'http://user:hunter2@somewhere',
      LOCKSTEP_ADMIN_TOKEN: 'geheim mit Lücke',
    });
    expect(code).toBe(1);
    expect(output).toContain('LOCKSTEP_ADMIN_TOKEN');
    expect(output).not.toMatch(/hunter2|geheim/);
  });
});

describeWithEngines('requests that are wrong', (engines) => {
  const stage = useStage(engines, { services: ['tcs', 'integration'] });
  const { personId: _, ...body } = [...plainPeople(1)][0] as PlainPerson;
  let viewer: string;
  beforeAll(async () => {
    const answer = await stage.call<{ key: string }>('integration', 'POST', '/api/tokens', {
      body: { name: 'a viewer', role: 'viewer', scopes: [] },
    });
    expect(answer.status).toBe(201);
    viewer = answer.body.key;
  });

  function bulk(lines: string): ReturnType<
    typeof stage.call<{
      received: number;
      created: number;
      rejected: number;
      errors: { line: number; code: string; message: string }[];
    }>
  > {
    return stage.call('tcs', 'POST', '/api/trainees/bulk', {
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines,
    });
  }

  function expectProblem(
    answer: { status: number; headers: Headers; body: Problem },
    status: number,
    code: string,
  ): void {
    expect([answer.status, answer.body]).toEqual([
      status,
      expect.objectContaining({ status, code, title: expect.any(String), type: expect.any(String) }),
    ]);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  }

  it('answers a broken line of NDJSON by its number and stores its neighbours', async () => {
    const people = [...plainPeople(4, { from: 101 })].map((one) => JSON.stringify(one));
    const lines = [
      people[0],
      '{"personId": 900, "surname": ',
      JSON.stringify({ personId: 901 }),
      people[1],
      JSON.stringify({ personId: 902, surname: 'X', shoeSize: 43 }),
      '',
      'null',
      JSON.stringify({ personId: '903', surname: 'X' }),
      people[2],
      JSON.stringify({
        personId: 904,
        surname: 'X',
        programmeMemberships: [{ programmeNumber: 'P1', startDate: '2026-02-30' }],
      }),
      people[3],
    ];
    const answer = await bulk(lines.join('\n'));
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ received: 10, created: 4, rejected: 6 });
    expect(answer.body.errors.map(({ line }) => line)).toEqual([2, 3, 5, 7, 8, 10]);
    for (const personId of [101, 102, 103, 104]) {
      expect((await stage.call('tcs', 'GET', `/api/trainees/${personId}`)).status).toBe(200);
    }
    for (const personId of [900, 901, 902, 903, 904]) {
      expect((await stage.call('tcs', 'GET', `/api/trainees/${personId}`)).status).toBe(404);
    }
  });

  it('answers a line that is too long by its number, not with the end of everything', async () => {
    const tooLong = JSON.stringify({ personId: 905, surname: 'X'.repeat(2_000_000) });
    const [good] = [...plainPeople(1, { from: 111 })].map((one) => JSON.stringify(one));
    const answer = await bulk([tooLong, good].join('\n'));
    expect([answer.status, answer.body]).toEqual([200, expect.objectContaining({ created: 1, rejected: 1 })]);
    expect(answer.body.errors[0]?.line).toBe(1);
  });

  it('refuses a body that is too large with 413, and still answers the next request', async () => {
    const huge = { ...body, role: 'X'.repeat(2_000_000) };
    expectProblem(await stage.call<Problem>('tcs', 'PUT', '/api/trainees/1', { body: huge }), 413, 'PAYLOAD_TOO_LARGE');
    expect((await stage.call('tcs', 'GET', '/health/live')).status).toBe(200);
  });

  it('refuses unknown and wrong fields with 400 and the path of each', async () => {
    const wrong = {
      ...body,
      shoeSize: 43,
      programmeMemberships: [{ programmeNumber: 'P1', startDate: 'yesterday', colour: 'red' }],
      placements: [{ grade: 'no id' }],
    };
    const answer = await stage.call<Problem>('tcs', 'PUT', '/api/trainees/1', { body: wrong });
    expectProblem(answer, 400, 'VALIDATION_FAILED');
    expect([...new Set(answer.body.errors?.map(({ path }) => path))].sort()).toEqual([
      'placements.0.gradeId',
      'programmeMemberships.0.colour',
      'programmeMemberships.0.startDate',
      'shoeSize',
    ]);
    expect((await stage.call('tcs', 'GET', '/api/trainees/1')).status).toBe(404);
  });

  it('refuses a query parameter that nobody declared', async () => {
    const answer = await stage.call<Problem>('integration', 'GET', '/api/sync/runs?pagesize=5');
    expectProblem(answer, 400, 'VALIDATION_FAILED');
    expect(answer.body.errors?.map(({ path }) => path)).toEqual(['pagesize']);
  });

  it.each([
    ['tcs', 'GET', '/api/trainees/1'],
    ['tcs', 'PUT', '/api/trainees/1'],
    ['tcs', 'POST', '/api/trainees/bulk'],
    ['integration', 'POST', '/api/sync'],
    ['integration', 'GET', '/api/sync/runs'],
    ['integration', 'GET', '/api/doctors/7000001'],
  ] as const)('answers %s %s %s without a token, and with a wrong one, with 401', async (app, method, path) => {
    for (const token of [null, 'no-such-token']) {
      const answer = await stage.call<Problem>(app, method, path, { token });
      expectProblem(answer, 401, 'UNAUTHENTICATED');
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    }
  });

  it('lets a viewer read, and refuses a trigger or a change by one with 403, at every service', async () => {
    expect((await stage.call('integration', 'GET', '/api/sync/runs', { token: viewer })).status).toBe(200);
    expectProblem(await stage.call<Problem>('integration', 'POST', '/api/sync', { token: viewer }), 403, 'FORBIDDEN');
    expectProblem(
      await stage.call<Problem>('tcs', 'PUT', '/api/trainees/1', { token: viewer, body }),
      403,
      'FORBIDDEN',
    );
    const { body: runs } = await stage.call<{ total: number }>('integration', 'GET', '/api/sync/runs');
    expect(runs.total).toBe(0);
  });

  it('answers GET /api/sync with 405 and what to do instead, and starts nothing', async () => {
    const answer = await stage.call<Problem>('integration', 'GET', '/api/sync');
    expectProblem(answer, 405, 'METHOD_NOT_ALLOWED');
    expect(answer.headers.get('allow')).toContain('POST');
    expect(answer.body.detail).toContain('POST /api/sync');
    expect((await stage.call<{ total: number }>('integration', 'GET', '/api/sync/runs')).body.total).toBe(0);
  });

  it('tells a run that is not there from an id that is none', async () => {
    expectProblem(
      await stage.call<Problem>('integration', 'GET', '/api/sync/runs/6f1c1f4e-7c1e-4a55-9a0e-2f6f9d0a9b11'),
      404,
      'SYNC_RUN_NOT_FOUND',
    );
    expect((await stage.call('integration', 'GET', '/api/sync/runs/seven')).status).toBe(400);
  });
});
