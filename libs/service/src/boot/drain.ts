import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { INestApplication } from '@nestjs/common';
import { EventStreams } from '../event-streams.js';
import { Readiness } from '../health/readiness.js';

/** Keep-alive connections that fall idle while draining stay open unless they are closed again and again. */
const CLOSE_IDLE_EVERY_MS = 25;

/**
 * Stops an application without cutting off what is in hand: not ready any more, streams ended, consumers drained, requests
 * answered, connections to the engines closed. Resolves with false when that took longer than `graceMs` and the rest was cut off.
 */
export async function drain(app: INestApplication, graceMs: number): Promise<boolean> {
  app.get(Readiness).startDraining();
  app.get(EventStreams).end();
  const server = app.getHttpServer() as Server;
  const closeIdle = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS);
  const cancelled = new AbortController();
  const closed = app.close().then(() => true);
  try {
    const tooLate = delay(graceMs, false, { signal: cancelled.signal });
    tooLate.catch(() => undefined);
    const isDone = await Promise.race([closed, tooLate]);
    if (!isDone) server.closeAllConnections();
    return isDone;
  } finally {
    cancelled.abort();
    clearInterval(closeIdle);
  }
}
