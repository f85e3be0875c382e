import { expect, it } from 'vitest';
import { type PhaseProgress, paceOf } from './progress.js';

const NOW = new Date('2026-03-14T10:00:10Z');
const running = (change: Partial<PhaseProgress>): PhaseProgress => ({
  state: 'running',
  expected: 1000,
  received: 400,
  startedAt: new Date('2026-03-14T10:00:00Z'),
  ...change,
});

it.each<[string, PhaseProgress[], number | null, number | null]>([
  ['known size', [running({})], 40, 15],
  ['unknown size', [running({ expected: null })], 40, null],
  ['nothing received yet', [running({ received: 0 })], null, null],
  ['just started', [running({ startedAt: NOW })], null, null],
  ['more than expected', [running({ received: 1200 })], 120, 0],
  ['two at once', [running({}), running({ expected: 2000, received: 200 })], 60, 90],
  ['two at once, one of unknown size', [running({}), running({ expected: null })], 80, null],
  ['nothing running', [running({ state: 'done' })], null, null],
])('%s', (_, phases, ratePerSecond, etaSeconds) => {
  expect(paceOf(phases, NOW)).toEqual({ ratePerSecond, etaSeconds });
});
