import { newContext, runInContext } from '@lockstep/messaging';
import { Logger } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import type { ServiceMetrics } from '../metrics/service-metrics.js';

/** The client went away before its answer was whole; as nginx notes it. */
const CLIENT_GONE = 499;

const logger = new Logger('Http');

/** Express middleware, the first of all: gives each request its context and id, and measures and logs its end. */
export function observeRequests(metrics: ServiceMetrics) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const startedAt = performance.now();
    const context = newContext({
      traceparent: request.get('traceparent'),
      requestId: request.get('x-request-id'),
    });
    response.setHeader('X-Request-Id', context.requestId);
    response.once('close', () => runInContext(context, () => observe(request, response, startedAt, metrics)));
    runInContext(context, next);
  };
}

function observe(request: Request, response: Response, startedAt: number, metrics: ServiceMetrics): void {
  const durationMs = performance.now() - startedAt;
  // The template, never the path itself: ids in labels would make a metric a person.
  const route = (request.route as { path?: string } | undefined)?.path ?? 'unmatched';
  const status = response.writableFinished ? response.statusCode : CLIENT_GONE;
  const isStream = String(response.getHeader('content-type')).startsWith('text/event-stream');
  if (!isStream) metrics.requestDuration.observe({ method: request.method, route, status }, durationMs / 1_000);
  const line = { msg: 'request', method: request.method, route, status, durationMs: Math.round(durationMs) };
  if (request.method === 'GET' && status < 500) logger.debug(line);
  else logger.log(line);
}
