import { IndexNotFoundError, SearchQueryError } from '@lockstep/search';
import { ProblemError } from '@lockstep/service';

/**
 * What the caller of a list is told when its query cannot be answered: 400 with the query's own code (`TEXT_TOO_LONG`,
 * `PAGE_TOO_DEEP` ...), 503 `INDEX_NOT_READY` before the index was made. Any other error is given back as it is.
 */
export function toSearchProblem(error: unknown): unknown {
  if (error instanceof SearchQueryError) return new ProblemError(400, error.code, error.message);
  if (error instanceof IndexNotFoundError) {
    return new ProblemError(
      503,
      'INDEX_NOT_READY',
      'This list is not there yet; try again.',
      {},
      { 'Retry-After': '5' },
    );
  }
  return error;
}
