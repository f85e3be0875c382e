import { describe, expect, it } from 'vitest';
import { BATCH_STATES, type BatchState } from '../statuses.js';
import { type BatchCommand, decideCommand, decideEnd } from './decide-batch.js';

describe('the end of a batch', () => {
  it.each<[BatchState, number, boolean, boolean, ReturnType<typeof decideEnd>]>([
    ['processingObjects', 1, false, false, null],
    ['processingObjects', 0, false, false, { state: 'complete', processingError: false }],
    ['processingObjects', 0, true, false, { state: 'complete', processingError: true }],
    // What was in flight when it was paused may have been the last.
    ['paused', 0, false, false, { state: 'complete', processingError: false }],
    ['cancelling', 2, false, false, null],
    ['cancelling', 0, false, false, { state: 'cancelled', processingError: false }],
    ['cancelling', 0, true, true, { state: 'error', processingError: true }],
    ['complete', 0, false, false, null],
    ['cancelled', 0, false, false, null],
    ['parsing', 0, false, false, null],
  ])('%s with %i open, failures %s, stopped %s: %o', (state, open, hasFailures, isStopped, expected) => {
    expect(decideEnd({ state, open, hasFailures, isStopped })).toEqual(expected);
  });
});

describe('commands', () => {
  const ENDS: readonly BatchState[] = ['complete', 'error', 'cancelled'];
  const possible = (command: BatchCommand, hasStarted: boolean): string[] =>
    BATCH_STATES.flatMap((state) => {
      const to = decideCommand(command, { state, hasStarted, hasFinished: ENDS.includes(state) });
      return to ? [`${state} -> ${to}`] : [];
    });

  it.each<[BatchCommand, boolean, string[]]>([
    ['retry', true, ENDS.map((state) => `${state} -> processingObjects`)],
    ['retry', false, []],
    ['pause', true, ['processingObjects -> paused']],
    ['resume', true, ['paused -> processingObjects']],
    [
      'cancel',
      true,
      [
        'received -> cancelled',
        'parsing -> cancelled',
        'validated -> cancelled',
        'processingObjects -> cancelling',
        'paused -> cancelling',
      ],
    ],
  ])('%s, started %s', (command, hasStarted, expected) => {
    expect(possible(command, hasStarted)).toEqual(expected);
  });

  it('leaves a dry run alone that stays validated for ever', () => {
    expect(decideCommand('cancel', { state: 'validated', hasStarted: false, hasFinished: true })).toBeNull();
  });
});
