import { IndexNotFoundError, PageTooDeepError } from '@lockstep/search';
import { expect, it } from 'vitest';
import { toProblem } from './to-problem.js';

it("answers a query that cannot be answered with the query's own code", () => {
  expect(toProblem(new PageTooDeepError(10_000), {})).toMatchObject({ status: 400, code: 'PAGE_TOO_DEEP' });
});

it('asks to come again before an index was made', () => {
  const problem = toProblem(new IndexNotFoundError('no such index'), {});
  expect(problem).toMatchObject({ status: 503, code: 'INDEX_NOT_READY', headers: { 'Retry-After': '5' } });
});

it('tells nothing of what was not foreseen', () => {
  const problem = toProblem(new Error('relation "people" does not exist'), {});
  expect(problem).toMatchObject({ status: 500, code: 'INTERNAL_ERROR' });
  expect(problem.message).not.toContain('people');
});
