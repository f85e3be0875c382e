import { removeOutdated } from '@lockstep/database';
import { createTestDatabase, describeOnEveryEngine, FakeClock, type TestDatabase } from '@lockstep/testing';
import { Controller, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { accessRetention, ProblemError, Public, Requires } from '../index.js';
import { ADMIN_KEY, caller, makeTestApp } from '../test-app.js';
import { TokenStore } from './token.store.js';

@Controller('api/orders')
class OrdersController {
  @Get(':id')
  @Requires('viewer')
  get(@Param('id') id: string): { id: string } {
    return { id };
  }

  @Put(':id')
  @Requires('operator')
  put(@Param('id') id: string): { id: string } {
    if (id === 'taken') throw new ProblemError(409, 'ORDER_TAKEN', 'Somebody has it.');
    return { id };
  }

  @Delete(':id')
  @Requires('admin', 'pii:read')
  remove(): void {}

  @Post('callback')
  @HttpCode(200)
  @Public()
  callback(): object {
    return {};
  }
}

describeOnEveryEngine('access', (engines) => {
  let database: TestDatabase;
  let app: NestExpressApplication;
  const clock = new FakeClock('2026-05-01T12:00:00Z');
  const logged: string[] = [];

  beforeAll(async () => {
    database = await createTestDatabase(engines);
    app = await makeTestApp({
      databaseUrl: database.url,
      controllers: [OrdersController],
      clock,
      log: (line) => logged.push(line),
    });
    await app.init();
  });
  afterAll(async () => {
    await app?.close();
    await database?.remove();
  });

  const call = caller(() => app);

  async function newToken(body: object): Promise<{ id: string; key: string }> {
    const answer = await call('post', '/api/tokens').send({ name: 'test', ...body });
    expect(answer.status).toBe(201);
    return answer.body;
  }

  const audited = (route: string): Promise<object[]> =>
    app
      .get(DataSource)
      .query(
        `SELECT service, actor_name, method, route, target, status FROM access.audit WHERE route = $1 ORDER BY id`,
        [route],
      );

  it('lets nobody in without a token that is right', async () => {
    const none = await call('get', '/api/orders/7', null);
    expect([none.status, none.body.code]).toEqual([401, 'UNAUTHENTICATED']);
    expect(none.headers['www-authenticate']).toBe('Bearer realm="lockstep"');
    expect((await call('get', '/api/orders/7', 'wrong')).status).toBe(401);
    expect((await call('get', '/api/orders/7', `lsk_0123456789ab_${'x'.repeat(43)}`)).status).toBe(401);
    expect((await call('post', '/api/orders/callback', null)).status).toBe(200);
  });

  it('gives each role what it may do, and those below it less', async () => {
    const keys: Record<string, string> = {};
    for (const role of ['viewer', 'operator', 'admin']) keys[role] = (await newToken({ role })).key;
    const scoped = (await newToken({ role: 'admin', scopes: ['pii:read'] })).key;
    const statuses = async (key: string) => [
      (await call('get', '/api/orders/7', key)).status,
      (await call('put', '/api/orders/7', key)).status,
      (await call('get', '/api/tokens', key)).status,
      (await call('delete', '/api/orders/7', key)).status,
    ];
    expect(await statuses(keys['viewer']!)).toEqual([200, 403, 403, 403]);
    expect(await statuses(keys['operator']!)).toEqual([200, 200, 403, 403]);
    expect(await statuses(keys['admin']!)).toEqual([200, 200, 200, 403]);
    expect(await statuses(scoped)).toEqual([200, 200, 200, 200]);
  });

  it('shows a key once and keeps only its hash', async () => {
    const { key, id } = await newToken({ role: 'viewer', accountSlugs: ['acme'], expiresAt: '2026-06-01T00:00:00Z' });
    const list = await call('get', '/api/tokens?pageSize=200');
    const listed = list.body.items.find((item: { id: string }) => item.id === id);
    expect(listed).toMatchObject({
      name: 'test',
      role: 'viewer',
      accountSlugs: ['acme'],
      createdBy: 'admin-token',
      revokedAt: null,
    });
    expect(list.text).not.toContain(key);
    const rows = await app.get(DataSource).query('SELECT t::text AS row FROM access.token t');
    expect(rows.some(({ row }: { row: string }) => row.includes(key.slice(17)))).toBe(false);
  });

  it.each([
    [{ role: 'viewer', name: '' }, 'name'],
    [{ role: 'root' }, 'role'],
    [{ role: 'viewer', scopes: ['all'] }, 'scopes'],
    [{ role: 'viewer', expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
    [{ role: 'viewer', hash: 'mine' }, 'hash'],
  ])('refuses to make the token %j', async (body, field) => {
    const answer = await call('post', '/api/tokens').send({ name: 'test', ...body });
    expect([answer.status, answer.body.errors?.[0].path]).toEqual([400, field]);
  });

  it('ends an expired token, and one that another replica revoked within five seconds', async () => {
    const expiring = await newToken({
      role: 'viewer',
      expiresAt: new Date(clock.now().getTime() + 60_000).toISOString(),
    });
    const revoked = await newToken({ role: 'viewer' });
    expect((await call('get', '/api/orders/7', expiring.key)).status).toBe(200);
    expect((await call('get', '/api/orders/7', revoked.key)).status).toBe(200);
    await new TokenStore(app.get(DataSource)).revoke(revoked.id);
    clock.advance(5_001);
    expect((await call('get', '/api/orders/7', revoked.key)).status).toBe(401);
    expect((await call('get', '/api/orders/7', expiring.key)).status).toBe(200);
    clock.advance(60_000);
    expect((await call('get', '/api/orders/7', expiring.key)).status).toBe(401);
  });

  it('ends a token at once where it is revoked', async () => {
    const { id, key } = await newToken({ role: 'viewer' });
    expect((await call('get', '/api/orders/7', key)).status).toBe(200);
    expect((await call('delete', `/api/tokens/${id}`)).status).toBe(204);
    expect((await call('get', '/api/orders/7', key)).status).toBe(401);
    expect((await call('delete', '/api/tokens/not-an-id')).status).toBe(404);
  });

  it('asks the database for a token once in five seconds, however often it is used', async () => {
    const { key } = await newToken({ role: 'viewer' });
    const store = app.get(TokenStore);
    const find = store.findByKey.bind(store);
    let asked = 0;
    store.findByKey = (wanted) => {
      asked++;
      return find(wanted);
    };
    for (let times = 0; times < 5; times++) await call('get', '/api/orders/7', key);
    expect(asked).toBe(1);
    store.findByKey = find;
  });

  it('keeps a row of each change, tried or done, before its answer leaves', async () => {
    const { key } = await newToken({ name: 'reader', role: 'viewer' });
    await app.get(DataSource).query('DELETE FROM access.audit');
    await call('put', '/api/orders/7');
    await call('put', '/api/orders/taken');
    await call('put', '/api/orders/8', key);
    await call('put', '/api/orders/9', null);
    await call('get', '/api/orders/7');
    const row = { service: 'orders', method: 'PUT', route: '/api/orders/:id' };
    expect(await audited('/api/orders/:id')).toEqual([
      { ...row, actor_name: 'admin token', target: { id: '7' }, status: 200 },
      { ...row, actor_name: 'admin token', target: { id: 'taken' }, status: 409 },
      { ...row, actor_name: 'reader', target: { id: '8' }, status: 403 },
      { ...row, actor_name: null, target: { id: '9' }, status: 401 },
    ]);
  });

  it('keeps every row of many changes at once', async () => {
    await app.get(DataSource).query('DELETE FROM access.audit');
    await Promise.all(Array.from({ length: 40 }, (_, id) => call('put', `/api/orders/${id}`)));
    const rows = (await audited('/api/orders/:id')) as { target: { id: string } }[];
    expect(new Set(rows.map(({ target }) => target.id)).size).toBe(40);
  });

  it('forgets its rows after the days they are kept for', async () => {
    const dataSource = app.get(DataSource);
    await call('put', '/api/orders/forgotten');
    await dataSource.query(`UPDATE access.audit SET at = now() - interval '91 days'`);
    await call('put', '/api/orders/kept');
    await dataSource.query(`UPDATE access.audit SET at = now() - interval '89 days' WHERE target ->> 'id' = 'kept'`);
    for (const rule of accessRetention) await removeOutdated(dataSource, rule, { days: 90, runs: 1 });
    expect(await audited('/api/orders/:id')).toMatchObject([{ target: { id: 'kept' } }]);
  });

  it('writes no secret into its log', async () => {
    await newToken({ role: 'viewer' });
    expect(logged.join('')).not.toContain(ADMIN_KEY);
    expect(logged.join('')).not.toContain('lsk_');
  });
});
