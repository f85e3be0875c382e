import type { ServerResponse } from 'node:http';
import { ProblemError, problemBody } from '@lockstep/service';

/** Answers with a body that nobody may keep. */
export function sendText(response: ServerResponse, status: number, mediaType: string, body: string): void {
  response.writeHead(status, { 'Content-Type': mediaType, 'Cache-Control': 'no-store' });
  response.end(body);
}

export function sendJson(response: ServerResponse, status: number, body: object): void {
  sendText(response, status, 'application/json; charset=utf-8', JSON.stringify(body));
}

/** Answers an error as every service does. */
export function sendProblem(response: ServerResponse, path: string, error: ProblemError): void {
  for (const [name, value] of Object.entries(error.headers)) response.setHeader(name, value);
  const body = problemBody(error, path, undefined);
  sendText(response, error.status, 'application/problem+json; charset=utf-8', JSON.stringify(body));
}

export function notFound(path: string): ProblemError {
  return new ProblemError(404, 'NOT_FOUND', `Nothing is served at ${path}; see /api/docs.`);
}

export function methodNotAllowed(allowed: string): ProblemError {
  return new ProblemError(405, 'METHOD_NOT_ALLOWED', `Only ${allowed} is answered here.`, {}, { Allow: allowed });
}

export function notReady(state: string): ProblemError {
  return new ProblemError(503, 'NOT_READY', `Lockstep is ${state}; try again soon.`, {}, { 'Retry-After': '1' });
}
