import { STATUS_CODES } from 'node:http';
import { isDatabaseUnavailable } from '@lockstep/database';
import { PublishUnconfirmedError } from '@lockstep/messaging';
import { IndexNotFoundError, isSearchUnavailable, NoPreviousGenerationError, SearchQueryError } from '@lockstep/search';
import { HttpException } from '@nestjs/common';
import { ProblemError } from './problem.js';

/** Which engine an error means to be unreachable. */
const UNAVAILABLE: Readonly<Record<string, (error: unknown) => boolean>> = {
  search: isSearchUnavailable,
  broker: (error) => error instanceof PublishUnconfirmedError,
  // The last: it also claims the bare socket errors that stand as causes in the others.
  database: isDatabaseUnavailable,
};

/** Seconds after which a caller may try again when an engine is unreachable. */
const RETRY_AFTER_SECONDS = 5;

const CODES: Readonly<Record<number, string>> = {
  401: 'UNAUTHENTICATED',
  413: 'PAYLOAD_TOO_LARGE',
};

/** Any thrown value as the problem that its caller is told; what we did not foresee tells nothing of our inside. */
export function toProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof HttpException) return fromHttpException(error);
  if (error instanceof SearchQueryError) return new ProblemError(400, error.code, error.message);
  if (error instanceof IndexNotFoundError) return indexNotReady();
  if (error instanceof NoPreviousGenerationError) return new ProblemError(409, error.code, error.message);
  const engine = Object.keys(UNAVAILABLE).find((name) => UNAVAILABLE[name]?.(error));
  if (engine) return unavailableProblem(engine);
  return new ProblemError(
    500,
    'INTERNAL_ERROR',
    'Something went wrong on our side. It was logged with this request id.',
  );
}

/** The service makes it by itself; until then there is nothing to read. */
function indexNotReady(): ProblemError {
  const headers = { 'Retry-After': String(RETRY_AFTER_SECONDS) };
  return new ProblemError(503, 'INDEX_NOT_READY', 'This list is not there yet; try again.', {}, headers);
}

function unavailableProblem(engine: string): ProblemError {
  const code = `${engine.toUpperCase()}_UNAVAILABLE`;
  const headers = { 'Retry-After': String(RETRY_AFTER_SECONDS) };
  return new ProblemError(503, code, `The ${engine} cannot be reached at the moment; try again.`, {}, headers);
}

/** Nest's own exceptions, those of the body parser included (which one it was stands in the cause). */
function fromHttpException(error: HttpException): ProblemError {
  const status = error.getStatus();
  const reason = (error.cause as { type?: string } | undefined)?.type;
  if (reason === 'entity.parse.failed') {
    return new ProblemError(400, 'INVALID_JSON', `The body is not valid JSON: ${error.message}`);
  }
  const phrase = STATUS_CODES[status] ?? 'ERROR';
  const code = CODES[status] ?? phrase.toUpperCase().replaceAll(/[^A-Z]+/g, '_');
  return new ProblemError(status, code, error.message);
}
