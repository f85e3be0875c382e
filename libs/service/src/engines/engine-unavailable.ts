import { isDatabaseUnavailable } from '@lockstep/database';
import { isSearchUnavailable } from '@lockstep/search';

/** True for an error that says that the database or the index is gone for now, and nothing about the data. */
export function isEngineUnavailable(error: unknown): boolean {
  return isDatabaseUnavailable(error) || isSearchUnavailable(error);
}
