import { IsInstant } from '@lockstep/contracts';
import { SearchUnavailableError } from '@lockstep/search';
import { createTestDatabase, describeWithEngines, type TestDatabase } from '@lockstep/testing';
import { Body, Controller, Get, HttpCode, Param, Post, Put, Query, Req } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Type } from 'class-transformer';
import { IsArray, IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';
import type { Request } from 'express';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type Actor,
  Answers,
  CommaList,
  Consumes,
  CurrentActor,
  type Health,
  type NdjsonLine,
  PageQuery,
  ProblemError,
  Public,
  Requires,
  readNdjson,
  SearchPageQuery,
  toPage,
} from './index.js';
import { caller, makeTestApp } from './test-app.js';

class Line {
  @IsString()
  sku!: string;

  @IsInt()
  quantity!: number;
}

class Order {
  @IsString()
  name!: string;

  @IsOptional()
  @IsInstant()
  at?: string | null;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => Line)
  items!: Line[];
}

class OrderQuery extends SearchPageQuery {
  @IsOptional()
  @CommaList()
  @IsString({ each: true })
  shops?: string[];
}

@Controller('api/orders')
class OrdersController {
  @Post()
  @Requires('operator')
  @Answers(201, Order)
  create(@Body() order: Order): Order {
    return order;
  }

  @Get()
  @Requires('viewer')
  @Answers(200, Order, { page: true })
  list(@Query() query: OrderQuery) {
    return toPage(query, [query.shops ?? []], 1);
  }

  @Get('paged')
  @Requires('viewer')
  paged(@Query() query: PageQuery) {
    return toPage(query, [], 0);
  }

  @Get('plain')
  @Requires('viewer')
  plain(): object {
    return {};
  }

  @Post('bulk')
  @HttpCode(200)
  @Requires('operator')
  @Consumes('application/x-ndjson')
  async bulk(@Req() request: Request) {
    const lines: NdjsonLine[] = [];
    for await (const line of readNdjson(request, { maxLineBytes: 1_000, maxBytes: 20_000 })) lines.push(line);
    return lines;
  }

  @Get('fails/:how')
  @Public()
  fail(@Param('how') how: string): never {
    if (how === 'search') throw new SearchUnavailableError('the search engine is away');
    if (how === 'database') throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    throw new Error('password=hunter2');
  }

  @Get(':id')
  @Requires('viewer')
  get(@Param('id') id: string, @Query('part') part: string | undefined, @CurrentActor() actor: Actor) {
    return { id, part, actor: actor.name };
  }

  @Put(':id')
  @Requires('operator')
  put(@Param('id') id: string): never {
    throw new ProblemError(409, 'ORDER_TAKEN', 'Somebody has it.', { orderId: id });
  }
}

describeWithEngines('a request to a service', (engines) => {
  let database: TestDatabase;
  let app: NestExpressApplication;
  const logged: string[] = [];
  let searchHealth: () => Health = () => ({ status: 'up' });

  beforeAll(async () => {
    database = await createTestDatabase(engines);
    app = await makeTestApp({
      databaseUrl: database.url,
      controllers: [OrdersController],
      search: { name: 'search', check: () => searchHealth() },
      log: (line) => logged.push(line),
    });
    await app.init();
  });
  afterAll(async () => {
    await app?.close();
    await database?.remove();
  });

  const call = caller(() => app);

  it('answers a body that is not as declared with every wrong field and its path', async () => {
    const answer = await call('post', '/api/orders').send({
      name: 5,
      at: 'yesterday',
      items: [
        { sku: 'a', quantity: 1 },
        { sku: 'b', quantity: 1.5, colour: 'red' },
      ],
      extra: true,
    });
    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.body).toMatchObject({
      type: 'urn:lockstep:problem:validation-failed',
      title: 'Bad Request',
      status: 400,
      code: 'VALIDATION_FAILED',
      instance: '/api/orders',
    });
    expect(answer.body.requestId).toBe(answer.headers['x-request-id']);
    const paths = answer.body.errors.map(({ path }: { path: string }) => path);
    expect(paths.sort()).toEqual(['at', 'extra', 'items.1.colour', 'items.1.quantity', 'name']);
  });

  it('takes a right body, with null for what is optional', async () => {
    const order = { name: 'n', at: null, items: [{ sku: 'a', quantity: 1 }] };
    const answer = await call('post', '/api/orders').send(order);
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual(order);
  });

  it.each([
    ['/api/orders?page=0', 'page'],
    ['/api/orders?page=1.5', 'page'],
    ['/api/orders?pageSize=201', 'pageSize'],
    ['/api/orders?pageSize=many', 'pageSize'],
    ['/api/orders?sort=-', 'sort'],
    ['/api/orders/paged?sort=name', 'sort'],
    ['/api/orders/paged?cursor=x', 'cursor'],
    ['/api/orders?colour=red', 'colour'],
    ['/api/orders?page=1&page=2', 'page'],
    ['/api/orders/7?party=x', 'party'],
    ['/api/orders/plain?any=1', 'any'],
  ])('refuses the query %s by naming %s', async (path, field) => {
    const answer = await call('get', path);
    expect([answer.status, answer.body.code]).toEqual([400, 'VALIDATION_FAILED']);
    expect(answer.body.errors[0].path).toBe(field);
  });

  it('reads pages and comma lists from the query', async () => {
    const answer = await call('get', '/api/orders?page=3&shops=a,%20b,&sort=-name');
    expect(answer.body).toEqual({ items: [['a', 'b']], total: 1, page: 3, pageSize: 20, cursor: null });
    expect((await call('get', '/api/orders/7?part=x')).body).toEqual({ id: '7', part: 'x', actor: 'admin token' });
  });

  it('answers what it cannot read as a problem', async () => {
    const json = await call('post', '/api/orders').set('Content-Type', 'application/json').send('{"name":');
    expect([json.status, json.body.code]).toEqual([400, 'INVALID_JSON']);
    expect(json.body.requestId).toBe(json.headers['x-request-id']);
    const large = await call('post', '/api/orders').send({ name: 'x'.repeat(3_000) });
    expect([large.status, large.body.code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    const text = await call('post', '/api/orders').set('Content-Type', 'text/plain').send('hello');
    expect([text.status, text.body.code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    const missing = await call('get', '/api/nothing');
    expect([missing.status, missing.body.code]).toEqual([404, 'NOT_FOUND']);
    const method = await call('patch', '/api/orders/7');
    expect([method.status, method.body.code]).toEqual([405, 'METHOD_NOT_ALLOWED']);
    expect(method.headers['allow']).toBe('GET, PUT');
    const path = await call('get', '/api/orders/%FF');
    expect(path.status).toBe(400);
    for (const { headers } of [json, large, text, missing, method, path]) {
      expect(headers['content-type']).toBe('application/problem+json; charset=utf-8');
    }
  });

  it('adds the members of a domain error to its problem', async () => {
    const answer = await call('put', '/api/orders/taken');
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({
      code: 'ORDER_TAKEN',
      detail: 'Somebody has it.',
      orderId: 'taken',
      title: 'Conflict',
    });
  });

  it('tells a caller nothing of an error that nobody foresaw, and logs it under the request id', async () => {
    const answer = await call('get', '/api/orders/fails/other', null).set('X-Request-Id', 'trace-me-1');
    expect([answer.status, answer.body.code, answer.body.requestId]).toEqual([500, 'INTERNAL_ERROR', 'trace-me-1']);
    expect(answer.text).not.toContain('hunter2');
    const line = logged
      .map((text) => JSON.parse(text))
      .find(({ level, requestId }) => level === 'error' && requestId === 'trace-me-1');
    expect(line).toMatchObject({
      service: 'orders',
      context: 'Http',
      err: { type: 'Error', message: 'password=hunter2' },
    });
    expect(line.err.stack).toContain('OrdersController');
  });

  it.each(['database', 'search'])('says when the %s is unreachable, and when to try again', async (engine) => {
    const answer = await call('get', `/api/orders/fails/${engine}`, null);
    expect([answer.status, answer.body.code]).toEqual([503, `${engine.toUpperCase()}_UNAVAILABLE`]);
    expect(answer.headers['retry-after']).toBe('5');
  });

  it('goes on with the trace of its caller', async () => {
    const traceId = 'abcdef0123456789abcdef0123456789';
    await call('get', '/api/orders/fails/other', null).set('traceparent', `00-${traceId}-1234567890abcdef-01`);
    expect(logged.some((line) => line.includes(`"traceId":"${traceId}"`))).toBe(true);
  });

  it('reads lines past broken ones and never the whole body', async () => {
    const body = [
      '\uFEFF{"a":1}\r',
      '{"a":',
      '',
      '"nul \\u0000"',
      '"not nul \\\\u0000"',
      `"${'x'.repeat(2_000)}"`,
      Buffer.from([0x22, 0xff, 0x22]),
      '{"last":true}',
    ];
    const bytes = Buffer.concat(
      body.flatMap((line, index) => (index === 0 ? [Buffer.from(line)] : [Buffer.from('\n'), Buffer.from(line)])),
    );
    const send = (content: Buffer) =>
      call('post', '/api/orders/bulk')
        .set('Content-Type', 'application/x-ndjson')
        .send(content as never);
    const answer = await send(bytes);
    expect(answer.body).toEqual([
      { line: 1, value: { a: 1 } },
      { line: 2, error: expect.stringMatching(/^not valid JSON/) },
      { line: 4, error: 'the line contains the character NUL' },
      { line: 5, value: 'not nul \\u0000' },
      { line: 6, error: 'the line is longer than 1000 bytes' },
      { line: 7, error: 'not valid UTF-8' },
      { line: 8, value: { last: true } },
    ]);
    const large = await send(Buffer.alloc(30_000, '"0"\n'));
    expect([large.status, large.body.code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    const json = await call('post', '/api/orders/bulk').send({});
    expect(json.status).toBe(415);
  });

  it('is ready as its parts are, and tells details only to those it knows', async () => {
    searchHealth = () => ({ status: 'degraded', detail: { reason: 'one replica' } });
    const stranger = await call('get', '/health/ready', null);
    expect(stranger.status).toBe(200);
    expect(stranger.body).toEqual({
      service: 'orders',
      version: '1.2.3',
      status: 'degraded',
      checks: { database: { status: 'up' }, search: { status: 'degraded' } },
    });
    const known = await call('get', '/health/ready');
    expect(known.body.checks.search.detail).toEqual({ reason: 'one replica' });
    searchHealth = () => {
      throw new Error('away');
    };
    const down = await call('get', '/health/ready');
    expect([down.status, down.body.status]).toEqual([503, 'down']);
    expect(down.body.checks.search).toEqual({ status: 'down', detail: { error: 'away' } });
    searchHealth = () => ({ status: 'up' });
    expect((await call('get', '/health/live', null)).body).toEqual({ status: 'up' });
  });

  it('measures requests by route, never by id', async () => {
    await call('get', '/api/orders/some-id');
    const answer = await call('get', '/metrics', null);
    expect(answer.headers['content-type']).toContain('text/plain');
    expect(answer.text).toContain('app_build_info{service="orders",version="1.2.3",commit=""} 1');
    expect(answer.text).toContain(
      'http_server_request_duration_seconds_count{method="GET",route="/api/orders/:id",status="200"}',
    );
    expect(answer.text).toContain('nodejs_eventloop_lag_seconds');
    expect(answer.text).toMatch(/pg_pool_size \d/);
    expect(answer.text).not.toContain('some-id');
  });

  it('documents requests and answers by what also checks them', async () => {
    const answer = await call('get', '/api/docs-json', null);
    expect(answer.status).toBe(200);
    const { paths, components, openapi, info } = answer.body;
    expect([openapi, info.title, info.version]).toEqual(['3.1.0', 'Lockstep orders', '1.2.3']);
    const create = paths['/api/orders'].post;
    expect(create.requestBody.content['application/json'].schema).toEqual({ $ref: '#/components/schemas/Order' });
    expect(create.security).toEqual([{ bearer: [] }]);
    expect(create.responses['201'].content['application/json'].schema.$ref).toBe('#/components/schemas/Order');
    expect(create.responses.default.content['application/problem+json'].schema.$ref).toBe(
      '#/components/schemas/Problem',
    );
    expect(components.schemas.Order.properties.items.items.properties.quantity).toEqual({ type: 'integer' });
    expect(components.schemas.Order.required).toEqual(['name', 'items']);
    expect(components.schemas.CreateToken.required).toEqual(['name', 'role']);
    const list = paths['/api/orders'].get;
    const names = list.parameters.map(({ name, required }: { name: string; required: boolean }) => [name, required]);
    expect(Object.fromEntries(names)).toEqual({
      page: false,
      pageSize: false,
      sort: false,
      cursor: false,
      shops: false,
    });
    expect(list.responses['200'].content['application/json'].schema.properties.items.items.$ref).toBe(
      '#/components/schemas/Order',
    );
    expect(paths['/api/orders/{id}'].get.parameters.map(({ name }: { name: string }) => name)).toEqual(['id', 'part']);
    expect(paths['/api/orders/bulk'].post.requestBody.content).toEqual({
      'application/x-ndjson': { schema: { type: 'string' } },
    });
    expect(paths['/health/live'].get.security).toBeUndefined();
    expect((await call('get', '/api/docs', null)).text).toContain('swagger-ui');
  });
});
