import { describe, expect, it } from 'vitest';
import { isPastSwap, next, type PhaseFacts, type RunEvent, type RunPolicy } from './next.js';
import { newRun, type Phase, type PhaseName, type Run } from './run.js';

const POLICY: RunPolicy = { askAgainSeconds: 15, maxAsks: 3, stallSeconds: 300 };
const T0 = Date.parse('2026-03-14T10:00:00Z');
const at = (seconds: number): Date => new Date(T0 + seconds * 1000);

function observed(seconds: number, facts: Partial<PhaseFacts> = {}, rejectedRows = 0): RunEvent {
  const trainees = { applied: 0, batches: null, missing: [], missingParked: 0, lastProgressAt: null, ...facts };
  return { type: 'observed', at: at(seconds), facts: { trainees }, rejectedRows };
}

/** One source, the steps, and a phase that nothing provides. */
const ONE_SOURCE = [
  { name: 'trainees', kind: 'source' },
  { name: 'hiddendiscrepancy', kind: null },
  { name: 'master', kind: 'step' },
  { name: 'verify', kind: 'step' },
  { name: 'swap', kind: 'step' },
] as const;

/** Plays events from a new run; answers the run and the effects of the last event. */
function play(...events: RunEvent[]) {
  return events.reduce((decision, event) => next(decision.run, event, POLICY), {
    run: newRun('r', ONE_SOURCE),
    effects: [],
  } as ReturnType<typeof next>);
}

const phase = (run: Run, name: PhaseName): Phase => run.phases.find((one) => one.name === name) as Phase;
const START = observed(0);
const ALL_APPLIED = observed(1, { applied: 4, batches: 4 });
const APPROVED: RunEvent = { type: 'approved', at: at(500), by: 'somebody' };
const done = (name: PhaseName, seconds = 2, rejectedRows = 0): RunEvent => ({
  type: 'stepFinished',
  phase: name,
  at: at(seconds),
  rejectedRows,
});

describe('a run', () => {
  it('starts with the first phase and asks its source for everything', () => {
    const { run, effects } = play(START);
    expect(run.state).toBe('running');
    expect(phase(run, 'trainees').state).toBe('running');
    expect(effects).toEqual([{ type: 'askSource', phase: 'trainees', sequences: null }]);
  });

  it('goes through its phases in order and succeeds', () => {
    const path = [ALL_APPLIED, done('master'), done('verify'), done('swap')];
    const states = path.map((_, index) => play(START, ...path.slice(0, index + 1)).run);
    expect(states.map((run) => run.state)).toEqual(['running', 'verifying', 'verifying', 'succeeded']);
    expect(states.map((run) => run.phases.find((one) => one.state === 'running')?.name)).toEqual([
      'master',
      'verify',
      'swap',
      undefined,
    ]);
  });

  it('skips phases that nothing provides', () => {
    const { run } = play(START);
    expect(phase(run, 'hiddendiscrepancy').state).toBe('skipped');
  });

  it('ends incomplete when a row was rejected', () => {
    const { run, effects } = play(START, ALL_APPLIED, done('master'), done('verify'), done('swap', 3, 1));
    expect(run.state).toBe('incomplete');
    expect(effects).toEqual([]);
  });

  it('ends at once when there is nothing to send', () => {
    expect(phase(play(START, observed(1, { batches: 0 })).run, 'trainees').state).toBe('done');
  });
});

describe('completeness is decided by counts', () => {
  it.each<[string, Partial<PhaseFacts>, 'running' | 'done']>([
    ['no end marker yet', { applied: 4 }, 'running'],
    ['end marker before the data', { applied: 0, batches: 4, missing: [1, 2, 3, 4] }, 'running'],
    ['one batch short', { applied: 3, batches: 4, missing: [2] }, 'running'],
    ['all batches', { applied: 4, batches: 4 }, 'done'],
  ])('%s', (_, facts, state) => {
    expect(phase(play(START, observed(1, { lastProgressAt: at(1), ...facts })).run, 'trainees').state).toBe(state);
  });
});

describe('missing batches', () => {
  const missing = { applied: 2, batches: 4, missing: [2, 4], lastProgressAt: at(10) };

  it.each<[number, boolean]>([
    [24, false],
    [25, true],
  ])('are asked for again 15 s after the last progress: at %i s %s', (seconds, asked) => {
    const { effects } = play(START, observed(seconds, missing));
    expect(effects).toEqual(asked ? [{ type: 'askSource', phase: 'trainees', sequences: [2, 4] }] : []);
  });

  it('are asked for three times, waiting twice as long each time', () => {
    const asks = [25, 54, 55, 114, 115, 200].map(
      (_, index, all) =>
        play(START, ...all.slice(0, index + 1).map((seconds) => observed(seconds, missing))).effects.length,
    );
    expect(asks).toEqual([1, 0, 1, 0, 1, 0]);
  });

  it('are asked for as a whole phase while the total is unknown', () => {
    expect(play(START, observed(20)).effects).toEqual([{ type: 'askSource', phase: 'trainees', sequences: null }]);
  });

  it('fail the run after 300 s without progress', () => {
    const { run } = play(START, observed(310, missing));
    expect(run).toMatchObject({ state: 'failed', error: { code: 'RUN_STALLED' } });
    expect(phase(run, 'trainees').state).toBe('failed');
  });

  it('that are parked are asked for at once, then given up: the others are indexed and the run ends incomplete', () => {
    const parked = { ...missing, missingParked: 2 };
    const asking = [11, 12, 13].map((seconds) => observed(seconds, parked));
    expect(play(START, ...asking).effects).toHaveLength(1);
    const { run } = play(START, ...asking, observed(14, parked, 2));
    expect(phase(run, 'trainees')).toMatchObject({ state: 'done', hasGaps: true });
    expect(phase(run, 'master').state).toBe('running');
  });
});

describe('steps', () => {
  it('a failed step ends the run', () => {
    const error = { code: 'VERIFY_FAILED', message: 'no' };
    const { run } = play(START, ALL_APPLIED, done('master'), {
      type: 'stepFailed',
      phase: 'verify',
      at: at(9),
      error,
    });
    expect(run).toMatchObject({ state: 'failed', error });
  });

  it('a guard holds the run until somebody approves it', () => {
    const held = [START, ALL_APPLIED, done('master'), { type: 'stepHeld', phase: 'verify' } as const];
    expect(play(...held).run.state).toBe('held');
    expect(play(...held, observed(400)).run.state).toBe('held');
    const { run } = play(...held, APPROVED);
    expect(run).toMatchObject({ state: 'verifying', approvedBy: 'somebody' });
    expect(phase(run, 'verify')).toMatchObject({ state: 'running', startedAt: at(500) });
  });

  it('a step that is held before its work begins anew once approved, however long that took', () => {
    const held = [START, ALL_APPLIED, { type: 'stepHeld', phase: 'master' } as const];
    expect(phase(play(...held).run, 'master')).toMatchObject({ state: 'pending', startedAt: null });
    const { run } = play(...held, APPROVED);
    expect(run.state).toBe('running');
    expect(phase(run, 'master')).toMatchObject({ state: 'running', startedAt: at(500) });
  });

  it('an approval of a run that is not held changes nothing', () => {
    expect(play(START, APPROVED).run).toMatchObject({ state: 'running', approvedBy: null });
  });

  it('a step that reports a second time changes nothing', () => {
    expect(
      play(START, ALL_APPLIED, done('master'), done('master')).run.phases.find((one) => one.state === 'running')?.name,
    ).toBe('verify');
  });
});

describe('cancelling', () => {
  it.each<[string, RunEvent[]]>([
    ['queued', []],
    ['sending', [START]],
    ['filling', [START, ALL_APPLIED]],
    ['held', [START, ALL_APPLIED, done('master'), { type: 'stepHeld', phase: 'verify' }]],
    ['verifying', [START, ALL_APPLIED, done('master')]],
  ])('a run that is %s ends it', (_, events) => {
    const { run } = play(...events, { type: 'cancelled', at: at(6) });
    expect(run.state).toBe('cancelled');
  });

  it('a run that shows readers its index by now changes nothing: they would keep what was cancelled', () => {
    const swapping = play(START, ALL_APPLIED, done('master'), done('verify')).run;
    const { run } = next(swapping, { type: 'cancelled', at: at(9) }, POLICY);
    expect(run).toBe(swapping);
    expect(isPastSwap(run)).toBe(true);
  });

  it('a run that has ended changes nothing', () => {
    const ended = play(START, ALL_APPLIED, done('master'), done('verify'), done('swap'));
    expect(next(ended.run, { type: 'cancelled', at: at(9) }, POLICY).run.state).toBe('succeeded');
  });
});

describe('two sources', () => {
  const PLAN = [
    { name: 'trainees', kind: 'source' },
    { name: 'gmc', kind: 'source' },
    { name: 'connectionlog', kind: null },
    { name: 'master', kind: 'step' },
  ] as const;
  const playPlan = (...events: RunEvent[]) =>
    events.reduce((decision, event) => next(decision.run, event, POLICY), {
      run: newRun('r', PLAN),
      effects: [],
    } as ReturnType<typeof next>);
  const none = { applied: 0, batches: null, missing: [], missingParked: 0, lastProgressAt: null };
  const all = { applied: 4, batches: 4, missing: [], missingParked: 0, lastProgressAt: at(1) };
  const counts = (seconds: number, facts: Partial<Record<PhaseName, PhaseFacts>>): RunEvent => ({
    type: 'observed',
    at: at(seconds),
    facts,
    rejectedRows: 0,
  });
  const states = (...events: RunEvent[]) => playPlan(START, ...events).run.phases.map(({ state }) => state);

  it('are asked at the same time', () => {
    const { run, effects } = playPlan(START);
    expect(run.phases.map(({ state }) => state)).toEqual(['running', 'running', 'skipped', 'pending']);
    expect(effects).toEqual([
      { type: 'askSource', phase: 'trainees', sequences: null },
      { type: 'askSource', phase: 'gmc', sequences: null },
    ]);
  });

  it.each<[string, RunEvent[], Phase['state'][]]>([
    ['the first is complete', [counts(1, { trainees: all, gmc: none })], ['done', 'running', 'skipped', 'pending']],
    ['the second is complete', [counts(1, { trainees: none, gmc: all })], ['running', 'done', 'skipped', 'pending']],
    [
      'both are complete',
      [counts(1, { trainees: none, gmc: all }), counts(2, { trainees: all })],
      ['done', 'done', 'skipped', 'running'],
    ],
  ])('and the master waits for both: %s', (_, events, expected) => {
    expect(states(...events)).toEqual(expected);
  });

  it('are asked again each for itself', () => {
    const missing = { applied: 3, batches: 4, missing: [2], missingParked: 0, lastProgressAt: at(1) };
    const { effects } = playPlan(START, counts(1, { gmc: all }), counts(30, { trainees: missing }));
    expect(effects).toEqual([{ type: 'askSource', phase: 'trainees', sequences: [2] }]);
  });

  it('fail the run when one of them stalls', () => {
    const { run } = playPlan(START, counts(1, { gmc: all }), counts(400, { trainees: none }));
    expect(run).toMatchObject({ state: 'failed', error: { code: 'RUN_STALLED' } });
  });
});

describe('projections', () => {
  const PLAN = [
    { name: 'swap', kind: 'step' },
    { name: 'recommendation', kind: 'projection' },
    { name: 'connection', kind: 'projection' },
  ] as const;
  const playPlan = (...events: RunEvent[]) =>
    events.reduce((decision, event) => next(decision.run, event, POLICY), {
      run: newRun('r', PLAN),
      effects: [],
    } as ReturnType<typeof next>);
  const ended = (name: PhaseName, error: Run['error'] = null, rejected = 0, rejectedRows = 0): RunEvent => ({
    type: 'projectionEnded',
    phase: name,
    at: at(20),
    error,
    rejected,
    rejectedRows,
  });
  const failure = { code: 'PROJECTION_FAILED', message: 'no' };
  const quiet = (seconds: number): RunEvent => {
    const facts = { applied: 0, batches: null, missing: [], missingParked: 0, lastProgressAt: null };
    return { type: 'observed', at: at(seconds), facts: { recommendation: facts, connection: facts }, rejectedRows: 0 };
  };

  it('start together after the swap, by one command', () => {
    const { run, effects } = playPlan(START, done('swap'));
    expect(run.phases.map((one) => one.state)).toEqual(['done', 'running', 'running']);
    expect(effects).toEqual([{ type: 'commandProjections' }]);
  });

  it.each<[string, RunEvent[], Run['state']]>([
    ['one has answered', [ended('connection')], 'running'],
    ['both have answered, in either order', [ended('connection'), ended('recommendation')], 'succeeded'],
    ['one answered twice', [ended('connection'), ended('connection')], 'running'],
    ['the last rejected a row', [ended('connection'), ended('recommendation', null, 1)], 'incomplete'],
    ['the first rejected a row', [ended('connection', null, 1), ended('recommendation')], 'incomplete'],
    ['a row was rejected before', [ended('connection'), ended('recommendation', null, 0, 1)], 'incomplete'],
    ['one failed, the other is waited for', [ended('connection', failure)], 'running'],
    ['one failed, the other has answered', [ended('connection', failure), ended('recommendation')], 'failed'],
  ])('%s', (_, events, state) => {
    expect(playPlan(START, done('swap'), ...events).run.state).toBe(state);
  });

  it('are told again when nothing is heard, and fail the run in the end', () => {
    expect(playPlan(START, done('swap'), quiet(16)).effects).toEqual([]);
    expect(playPlan(START, done('swap'), quiet(17)).effects).toEqual([{ type: 'commandProjections' }]);
    expect(playPlan(START, done('swap'), quiet(310)).run).toMatchObject({
      state: 'failed',
      error: { code: 'RUN_STALLED' },
    });
  });
});
