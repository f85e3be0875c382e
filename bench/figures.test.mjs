import { describe, expect, it } from 'vitest';
import { isClose, isDisturbed, isMet, measureUndisturbed, spreadOf } from './figures.mjs';
import { judgeGrowth, judgeSize, needMorePairs } from './sync/bars.mjs';

const pairOf = (perSecond, masterPerSecond, { isVoid = false } = {}) => ({
  ours: { perSecond, seconds: 100_000 / perSecond, phases: [{ name: 'master', perSecond: masterPerSecond }] },
  raw: { perSecond: 10_000 },
  isVoid,
});
const resultOf = (size, pairs) => ({ size, pairs, memoryMb: { tcs: 200 } });
const oneByOne = [{ perSecond: 100, isVoid: false }];
const verdictsOf = (verdicts) => verdicts.map(({ verdict }) => verdict);

describe('figures', () => {
  it('say median, least and greatest, of an even number too, and nothing of nothing', () => {
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
    expect(spreadOf([4, 1, 2, 3])).toEqual({ median: 2.5, min: 1, max: 4 });
    expect(spreadOf([])).toBeNull();
  });

  it('meet a bar that they touch, and are close to it within a fifth on either side', () => {
    expect([isMet(0.85, { least: 0.85 }), isMet(351, { most: 350 })]).toEqual([true, false]);
    expect([0.15, 0.16, 0.24, 0.25].map((value) => isClose(value, { least: 0.2 }))).toEqual([false, true, true, false]);
  });

  it('are disturbed by a neighbour in any part of a pair, never by one that cannot be seen', () => {
    expect(isDisturbed([0.1, 0.21], 0.2)).toBe(true);
    expect(isDisturbed([0.1, 0.2], 0.2)).toBe(false);
    expect(isDisturbed([null, null], 0.2)).toBe(false);
  });

  it('are taken again while disturbed, three times at most', async () => {
    const shares = [0.9, 0.1, 0.1];
    const taken = await measureUndisturbed(
      async () => ({ share: shares.shift() }),
      ({ share }) => share > 0.2,
    );
    expect(taken).toEqual([
      { share: 0.9, isVoid: true },
      { share: 0.1, isVoid: false },
    ]);
    const hopeless = await measureUndisturbed(
      async () => ({}),
      () => true,
    );
    expect(hopeless).toEqual([{ isVoid: true }, { isVoid: true }, { isVoid: true }]);
  });
});

describe('the bars of the trainee sync', () => {
  it('count from 100,000 people on', () => {
    const pairs = [pairOf(100, 100)];
    expect(new Set(verdictsOf(judgeSize(resultOf(10_000, pairs), oneByOne)))).toEqual(new Set(['shown']));
    expect(verdictsOf(judgeSize(resultOf(100_000, pairs), oneByOne))).toEqual(['missed', 'missed', 'missed', 'met']);
  });

  it('judge the median of the pairs that nobody disturbed', () => {
    const pairs = [pairOf(2_500, 9_000), pairOf(2_000, 8_600), pairOf(1_900, 8_400), pairOf(1, 1, { isVoid: true })];
    const [master, whole, times] = judgeSize(resultOf(100_000, pairs), oneByOne);
    expect(master).toMatchObject({ value: { median: 0.86, min: 0.84, max: 0.9 }, verdict: 'met' });
    expect(whole).toMatchObject({ value: { median: 0.2, min: 0.19, max: 0.25 }, verdict: 'met' });
    expect(times).toMatchObject({ value: { median: 20 }, verdict: 'met' });
  });

  it('are not passed by measurements that all were disturbed', () => {
    const pairs = [pairOf(5_000, 9_900, { isVoid: true })];
    expect(verdictsOf(judgeSize(resultOf(100_000, pairs), oneByOne)).slice(0, 3)).toEqual(['void', 'void', 'void']);
    expect(judgeGrowth(resultOf(10_000, pairs), resultOf(100_000, pairs)).verdict).toBe('void');
  });

  it('allow ten times the doctors eleven times the time', () => {
    const [smaller, larger] = [resultOf(10_000, [pairOf(10_000, 1)]), resultOf(100_000, [pairOf(900, 1)])];
    expect(judgeGrowth(smaller, larger)).toMatchObject({ bar: { most: 11.000000000000002 }, verdict: 'missed' });
  });

  it('ask for more pairs only while a ratio is near its bar', () => {
    expect(needMorePairs([pairOf(2_300, 20_000)])).toBe(true);
    expect(needMorePairs([pairOf(2_500, 20_000)])).toBe(false);
    expect(needMorePairs([])).toBe(false);
  });
});
