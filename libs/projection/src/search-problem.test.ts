import { IndexNotFoundError, PageTooDeepError } from '@lockstep/search';
import { expect, it } from 'vitest';
import { toSearchProblem } from './search-problem.js';

it("answers a query that cannot be answered with the query's own code", () => {
  expect(toSearchProblem(new PageTooDeepError(10_000))).toMatchObject({ status: 400, code: 'PAGE_TOO_DEEP' });
});

it('asks to come again before the index was made', () => {
  const problem = toSearchProblem(new IndexNotFoundError('no such index'));
  expect(problem).toMatchObject({ status: 503, code: 'INDEX_NOT_READY', headers: { 'Retry-After': '5' } });
});

it('leaves any other error alone', () => {
  const error = new Error('something else');
  expect(toSearchProblem(error)).toBe(error);
});
