import { describe, expect, it } from 'vitest';
import { parseColumnPattern } from './column-pattern.js';

describe('a column pattern', () => {
  it('finds instance and field in whole titles only', () => {
    const pattern = parseColumnPattern('^variant(?<instance>\\d+):(?<field>sku|size)$');
    expect(pattern.match('variant12:size')).toEqual({ instance: '12', field: 'size' });
    expect(pattern.match('my variant1:sku')).toBeNull();
    expect(pattern.match('variant1:sku2')).toBeNull();
    expect(pattern.match(`variant${'1'.repeat(200)}:sku`)).toBeNull();
    // Alternatives outside of groups are whole ones too.
    expect(parseColumnPattern('a(?<instance>1)(?<field>b)|c').match('xc')).toBeNull();
  });

  it.each([
    ['(?<instance>(a+)+)(?<field>b)', 'repeat a group'],
    ['(?<instance>a*)*(?<field>b)', 'repeat a group'],
    ['(?<instance>\\d*\\d*\\d*)(?<field>b)', 'too many repetitions'],
    [`${'a?'.repeat(30)}(?<instance>a)(?<field>b)`, 'too many repetitions'],
    ['(?<instance>a)(?=b)(?<field>b)', 'no group but'],
    ['(?<instance>a)\\1(?<field>b)', 'not accepted'],
    ['(?<instance>a)\\k<instance>(?<field>b)', 'not accepted'],
    ['(?<instance>a)', '(?<field>'],
    ['(?<instance>a)(?<field>b', 'not closed'],
    ['(?<instance>a))(?<field>b)', ') too many'],
    ['(?<instance>[z-a])(?<field>b)', 'not a regular expression'],
    ['x'.repeat(201), 'at most 200'],
  ])('refuses %s, which could take too long or is none', (source, reason) => {
    expect(() => parseColumnPattern(source)).toThrow(reason);
  });

  it('answers quickly for the worst title that an accepted pattern can meet', () => {
    const pattern = parseColumnPattern('(?<instance>\\w*)\\w*(?<field>!)');
    const began = performance.now();
    for (let count = 0; count < 100; count++) pattern.match('a'.repeat(100));
    expect(performance.now() - began).toBeLessThan(30_000);
  });
});
