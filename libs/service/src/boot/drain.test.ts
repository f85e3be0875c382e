import { createTestDatabase, describeWithEngines, type TestDatabase, waitFor } from '@lockstep/testing';
import { Controller, Get, Req, Sse } from '@nestjs/common';
import type { Request } from 'express';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { drain, EventStreams, Requires, type StreamEvent } from '../index.js';
import { ADMIN_KEY, makeTestApp } from '../test-app.js';

/** In the hands of the test. */
const slow: { release?: () => void } = {};
const streamed: { lastEventId?: string | undefined; isAborted?: boolean } = {};

@Controller('api/orders')
class OrdersController {
  constructor(private readonly streams: EventStreams) {}

  @Get('slow')
  @Requires('viewer')
  async slow(): Promise<{ done: true }> {
    await new Promise<void>((resolve) => {
      slow.release = resolve;
    });
    return { done: true };
  }

  @Sse('events')
  @Requires('viewer')
  events(@Req() request: Request) {
    return this.streams.open(request, async function* (lastEventId, signal): AsyncGenerator<StreamEvent> {
      streamed.lastEventId = lastEventId;
      yield { id: '8', type: 'progress', data: { percent: 50 } };
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      streamed.isAborted = true;
    });
  }
}

@Controller('bare')
class BareController {
  @Get()
  forgotten(): void {}
}

describeWithEngines('the life of a service', (engines) => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase(engines);
  });
  afterAll(() => database?.remove());

  it('refuses to start with a route that has no rule, naming it', async () => {
    const bare = await makeTestApp({ databaseUrl: database.url, controllers: [BareController] });
    await expect(bare.init()).rejects.toThrow(/@Requires.* or @Public\(\) to BareController.forgotten/);
    await bare.close();
  });

  it('finishes what is in hand, ends streams and turns unready while it drains', async () => {
    const other = await makeTestApp({ databaseUrl: database.url, controllers: [OrdersController] });
    await other.listen(0, '127.0.0.1');
    // Whoever waited for connections that nobody uses would wait beyond the time it has.
    other.getHttpServer().keepAliveTimeout = 600_000;
    const dataSource = other.get(DataSource);
    const url = await other.getUrl();
    const headers = { authorization: `Bearer ${ADMIN_KEY}` };
    const stream = await fetch(`${url}/api/orders/events`, { headers: { ...headers, 'last-event-id': '7' } });
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    let received = '';
    while (!received.includes('id: 8')) received += (await reader.read()).value ?? '';
    expect(streamed.lastEventId).toBe('7');
    expect(received).toMatch(/event: progress\nid: 8\ndata: \{"percent":50\}/);

    const inHand = fetch(`${url}/api/orders/slow`, { headers });
    await waitFor('the slow request', () => slow.release !== undefined, { everyMs: 5 });
    const draining = drain(other, 20_000);
    while (!(await reader.read()).done);
    expect(streamed.isAborted).toBe(true);
    const ready = fetch(`${url}/health/ready`).then(({ status }) => status);
    expect([503, 'refused']).toContain(await ready.catch(() => 'refused'));
    slow.release?.();
    const answer = await inHand;
    expect([answer.status, await answer.json()]).toEqual([200, { done: true }]);
    expect(await draining).toBe(true);
    expect(dataSource.isInitialized).toBe(false);
  });

  it('cuts off what takes longer than the grace time', async () => {
    const other = await makeTestApp({ databaseUrl: database.url, controllers: [OrdersController] });
    await other.listen(0, '127.0.0.1');
    const dataSource = other.get(DataSource);
    delete slow.release;
    const inHand = fetch(`${await other.getUrl()}/api/orders/slow`, {
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
    });
    inHand.catch(() => undefined);
    await waitFor('the slow request', () => slow.release !== undefined, { everyMs: 5 });
    expect(await drain(other, 100)).toBe(false);
    await expect(inHand).rejects.toThrow();
    await waitFor('the pool to close', () => !dataSource.isInitialized);
  });
});
