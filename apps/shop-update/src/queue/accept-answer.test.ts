import { describe, expect, it } from 'vitest';
import { acceptAnswer } from './accept-answer.js';
import type { Reason, Status } from './statuses.js';
import type { Flow } from './topics.js';

interface Case {
  readonly at: Status;
  readonly reason?: Reason;
  readonly outcome: string;
  readonly flow?: Flow;
  /** The item's latest call is another one, which said this. */
  readonly sentAgain?: 'the same' | 'something else';
}

function accept({ at, reason, outcome, flow = 'asynchronous', sentAgain }: Case): string | null {
  const item = { status: at, reason: reason ?? null, requestId: sentAgain ? 8 : 7, unapplied: null };
  const latestFingerprint = sentAgain === 'something else' ? 'b' : 'a';
  return acceptAnswer({ item, fingerprint: 'a', latestFingerprint }, { id: 7, flow, outcome });
}

describe('whether an answer still counts', () => {
  it.each<[string, Case, string | null]>([
    ['the answer of the call', { at: 'made_request', outcome: 'open', flow: 'synchronous' }, '11'],
    ['the callback after its acknowledgment', { at: 'got_acknowledgment', outcome: 'acknowledged' }, '13'],
    ['the callback before its acknowledgment', { at: 'made_request', outcome: 'open' }, '14'],
    ['a corrected one', { at: 'blocked', reason: 'bad_response', outcome: 'unusable' }, '26'],
    ['one that comes after the call was given up', { at: 'delayed', reason: 'retry', outcome: 'failed' }, '36'],
    ['one that comes after its time', { at: 'pending', outcome: 'expired' }, '36'],
    ['an older one that said the same', { at: 'got_acknowledgment', outcome: 'expired', sentAgain: 'the same' }, '36'],
    [
      'an older one that said something else',
      { at: 'made_request', outcome: 'failed', sentAgain: 'something else' },
      null,
    ],
    [
      'an older one, while the same is on its way in turn',
      { at: 'made_request', outcome: 'failed', flow: 'synchronous', sentAgain: 'the same' },
      null,
    ],
    [
      'a second one after a failure that the shop stated',
      { at: 'delayed', reason: 'retry', outcome: 'answered' },
      null,
    ],
    ['one for what is at the shop already', { at: 'synced', outcome: 'answered' }, null],
    ['one for what was cancelled', { at: 'cancelled', outcome: 'open' }, null],
    ['one for what was given up', { at: 'failed', outcome: 'failed' }, null],
  ])('%s', (_, each, no) => {
    expect(accept(each)).toBe(no);
  });

  it('not while a former one is still to be written down', () => {
    const item = {
      status: 'delayed',
      reason: 'retry',
      requestId: 7,
      unapplied: { kind: 'unusable', detail: '' },
    } as const;
    const call = { id: 7, flow: 'synchronous', outcome: 'expired' } as const;
    expect(acceptAnswer({ item, fingerprint: 'a', latestFingerprint: 'a' }, call)).toBeNull();
  });
});
