import { describe, expect, it } from 'vitest';
import { judgeCounts } from './judge-counts.js';

describe('judgeCounts', () => {
  it.each([
    [1_000, 1_000, 0],
    [950, 1_000, 0],
    [949, 1_000, 1],
    [1_200, 1_000, 0],
    [1_201, 1_000, 1],
    [0, 1_000, 1],
    [1_000_000, 0, 0],
    [1_000_000, null, 0],
    [0, 0, 0],
  ])('finds, for %s documents after %s, %s reasons to ask', (live, formerLive, reasons) => {
    expect(judgeCounts({ live, formerLive, aliases: {} })).toHaveLength(reasons);
  });

  it('asks when an alias that showed documents would show none', () => {
    const aliases = {
      full: { live: 3, formerLive: 9 },
      lost: { live: 0, formerLive: 1 },
      empty: { live: 0, formerLive: 0 },
    };
    expect(judgeCounts({ live: 10, formerLive: 10, aliases })).toEqual(['lost shows 1 documents now and none then.']);
  });

  it('says by how much', () => {
    expect(judgeCounts({ live: 50, formerLive: 100, aliases: {} })).toEqual([
      '100 documents are served now and 50 would be (-50.0 %).',
    ]);
  });
});
