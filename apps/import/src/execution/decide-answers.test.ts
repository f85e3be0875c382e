import { describe, expect, it } from 'vitest';
import { type Answer, type AnswerPolicy, contradicts, decideAnswers, type OpenRequest } from './decide-answers.js';

const POLICY: AnswerPolicy = { maxAttempts: 3, firstBackoffMs: 10, maxBackoffMs: 100, mayAskAgain: true };
const request = (change: Partial<OpenRequest> = {}): OpenRequest => ({
  kind: 'object',
  items: [1, 2, 3],
  attempt: 1,
  ...change,
});
const done = (no: number, identifierIds: Answer['identifierIds'] = { id: `x${no}` }): Answer => ({
  no,
  status: 'complete',
  identifierIds,
  errorsFound: [],
});
const fault = (retryable: boolean, code = 'NO_STOCK') => ({ code, message: 'none left', field: 'qty', retryable });
const failed = (no: number, ...faults: ReturnType<typeof fault>[]): Answer => ({
  no,
  status: 'error',
  identifierIds: null,
  errorsFound: faults,
});

describe('what an answer does to its items', () => {
  it.each<[string, OpenRequest, Answer[], Partial<ReturnType<typeof decideAnswers>>]>([
    [
      'completes and keeps the rest',
      request(),
      [done(2)],
      { completed: [{ no: 2, identifierIds: { id: 'x2' } }], left: [1, 3] },
    ],
    [
      'fails with the reason of the owner',
      request(),
      [failed(1, fault(false))],
      {
        failed: [{ no: 1, errors: [{ code: 'CREATE_FAILED', message: 'NO_STOCK: none left', field: 'qty' }] }],
        left: [2, 3],
      },
    ],
    [
      'fails a link by its own code',
      request({ kind: 'link' }),
      [failed(1, fault(false))],
      {
        failed: [{ no: 1, errors: [{ code: 'LINK_CREATE_FAILED', message: 'NO_STOCK: none left', field: 'qty' }] }],
      },
    ],
    [
      'says that a reference was not found',
      request(),
      [failed(1, fault(false, 'REFERENCE_NOT_FOUND'))],
      {
        failed: [{ no: 1, errors: [{ code: 'REFERENCE_NOT_FOUND', message: 'none left', field: 'qty' }] }],
      },
    ],
    [
      'asks again for what may succeed later',
      request(),
      [failed(1, fault(true))],
      { again: [1], failed: [], left: [2, 3] },
    ],
    ['does not when one fault stays', request(), [failed(1, fault(true), fault(false))], { again: [] }],
    [
      'gives up after the last attempt',
      request({ attempt: 3 }),
      [failed(1, fault(true))],
      {
        again: [],
        failed: [
          {
            no: 1,
            errors: [
              { code: 'RETRIES_EXHAUSTED', message: 'It failed in every attempt.', field: null },
              { code: 'CREATE_FAILED', message: 'NO_STOCK: none left', field: 'qty' },
            ],
          },
        ],
      },
    ],
    [
      'needs ids of an object that is made',
      request(),
      [done(1, null), done(2, {}), done(3, { id: '' })],
      {
        completed: [],
        failed: [1, 2, 3].map((no) => ({
          no,
          errors: [
            { code: 'INVALID_RESULT', message: 'The owner reported success without identifier ids.', field: null },
          ],
        })),
      },
    ],
    [
      'needs none of a link',
      request({ kind: 'link' }),
      [done(1, null)],
      { completed: [{ no: 1, identifierIds: null }] },
    ],
    [
      'lets the first of two answers win',
      request(),
      [done(1), failed(1, fault(false))],
      {
        completed: [{ no: 1, identifierIds: { id: 'x1' } }],
        failed: [],
        late: [failed(1, fault(false))],
      },
    ],
    [
      'changes nothing once it is closed',
      request({ items: [] }),
      [done(1)],
      { completed: [], late: [done(1)], left: [] },
    ],
    ['ignores what it never asked for', request(), [done(9)], { completed: [], late: [done(9)], left: [1, 2, 3] }],
  ])('%s', (_, open, answers, expected) => {
    expect(decideAnswers(open, answers, POLICY)).toMatchObject(expected);
  });

  it('asks nothing again while the batch is being cancelled', () => {
    const decision = decideAnswers(request(), [failed(1, fault(true))], { ...POLICY, mayAskAgain: false });
    expect(decision).toMatchObject({ again: [], failed: [{ no: 1 }] });
  });
});

describe('a late answer', () => {
  it.each<[string, string, Answer, boolean]>([
    ['the same again', 'complete', done(1), false],
    ['other ids', 'complete', done(1, { id: 'other' }), true],
    ['an error after success', 'complete', failed(1, fault(false)), true],
    ['success after an error', 'error', done(1), true],
    ['another error', 'error', failed(1, fault(false)), false],
    ['a request for patience', 'complete', failed(1, fault(true)), false],
    ['anything for what was cancelled', 'cancelled', done(1), false],
  ])('%s: contradicts %s?', (_, status, answer, expected) => {
    expect(contradicts({ status, identifierIds: { id: 'x1' } }, answer, 'object')).toBe(expected);
  });
});
