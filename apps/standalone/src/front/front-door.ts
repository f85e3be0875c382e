import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import {
  EventStreams,
  type FrontDoorRule,
  findRule,
  type ProblemError,
  REQUEST_ARRIVAL_MS,
  Readiness,
} from '@lockstep/service';
import helmet from 'helmet';
import { methodNotAllowed, notFound, notReady, sendProblem } from './answers.js';
import { type OwnRoute, ownRoutes } from './own-routes.js';
import type { EnginesInUse, Front, FrontState, RunningService } from './running-service.js';

/** Keep-alive connections that fall idle while draining stay open unless they are closed again and again. */
const CLOSE_IDLE_EVERY_MS = 25;
/** `/health/ready/tcs` is tcs's own `/health/ready`, details included for those who have a token. */
const READY_OF_SERVICE = /^\/health\/ready\/([^/]+)$/;

/**
 * The one port of all services. It hands a request to the service that its path belongs to, unchanged, so that routes and
 * documents are those of the service run alone; and it answers for all of them together. It listens before the services
 * are there: until then it says that they are starting.
 */
export class FrontDoor implements Front {
  state: FrontState = 'starting';
  services: readonly RunningService[] = [];
  engines: EnginesInUse | undefined;
  readonly startedAt = new Date();
  private readonly server: Server;
  private readonly secure = helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } });
  private readonly own: ReadonlyMap<string, OwnRoute> = ownRoutes(this);

  constructor(readonly rules: readonly FrontDoorRule[]) {
    this.server = createServer({ requestTimeout: REQUEST_ARRIVAL_MS }, (request, response) =>
      this.handle(request, response),
    );
  }

  /** Resolves with the port. Rejects with the system's error, such as EADDRINUSE. */
  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => resolve((this.server.address() as { port: number }).port));
    });
  }

  /** From now on requests reach these services. */
  open(services: readonly RunningService[], engines: EnginesInUse): void {
    this.services = services;
    this.engines = engines;
    this.state = 'ready';
  }

  /**
   * Takes no new connections, ends the event streams and waits for the requests in hand; what is left after `graceMs` is cut
   * off. The services are untouched: they must still answer.
   */
  async drain(graceMs: number): Promise<void> {
    this.state = 'draining';
    for (const { app } of this.services) {
      app.get(Readiness).startDraining();
      app.get(EventStreams).end();
    }
    const cancelled = new AbortController();
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    const closeIdle = setInterval(() => this.server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS);
    const tooLate = delay(graceMs, undefined, { signal: cancelled.signal }).catch(() => undefined);
    await Promise.race([closed, tooLate]);
    cancelled.abort();
    clearInterval(closeIdle);
    this.server.closeAllConnections();
  }

  private handle(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '/').split('?', 1)[0] as string;
    const service = this.serviceFor(path);
    const hosted = this.services.find((each) => each.service === service);
    if (hosted) {
      if (READY_OF_SERVICE.test(path)) request.url = '/health/ready';
      hosted.app.getHttpAdapter().getInstance()(request, response);
      return;
    }
    this.secure(request, response, () => this.answer(path, service, request, response));
  }

  private serviceFor(path: string): string | undefined {
    return READY_OF_SERVICE.exec(path)?.[1] ?? findRule(this.rules, path)?.service;
  }

  private answer(
    path: string,
    service: string | undefined,
    { method = 'GET' }: IncomingMessage,
    response: ServerResponse,
  ): void {
    const own = this.own.get(path.length > 1 ? path.replace(/\/$/, '') : path);
    if (!own || (method !== 'GET' && method !== 'HEAD')) {
      sendProblem(response, path, own ? methodNotAllowed('GET, HEAD') : this.absence(path, service));
      return;
    }
    own(response).catch((error: Error) => {
      // The answer may have begun: then all that is left is to cut it off.
      if (response.headersSent) response.destroy(error);
      else sendProblem(response, path, notReady(`in trouble (${error.message})`));
    });
  }

  private absence(path: string, service: string | undefined): ProblemError {
    const isComing = this.rules.some((rule) => rule.service === service);
    return isComing ? notReady(this.state) : notFound(path);
  }
}
