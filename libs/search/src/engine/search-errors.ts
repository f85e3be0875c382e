/** The engine cannot be reached, is too busy or lacks the shard, after bounded retries. Nothing is wrong with the data. */
export class SearchUnavailableError extends Error {
  override readonly name = 'SearchUnavailableError';
  readonly code = 'SEARCH_UNAVAILABLE';
}

/** The index or alias does not exist: a generation was removed, or an alias not yet made. */
export class IndexNotFoundError extends Error {
  override readonly name = 'IndexNotFoundError';
  readonly code = 'INDEX_NOT_FOUND';
}

/** An index of this name exists and is another one. */
export class IndexConflictError extends Error {
  override readonly name = 'IndexConflictError';
  readonly code = 'INDEX_CONFLICT';
}

/** True when the same call may succeed later without a change: consumers keep their batch and wait. */
export function isSearchUnavailable(error: unknown): error is SearchUnavailableError {
  return error instanceof SearchUnavailableError;
}
