import { validateSync } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { IsAttributes, IsCode, IsDayOrInstant, IsMoney, IsStorableText } from './field-checks.js';
import { compileSchema } from './validate.js';

class Checked {
  @IsStorableText(5)
  text: unknown = 'a';

  @IsCode(5)
  code: unknown = 'a';

  @IsMoney()
  money: unknown = '1.00';

  @IsDayOrInstant()
  day: unknown = '2026-01-31';

  @IsAttributes()
  attributes: unknown = {};
}

const right: Partial<Checked>[] = [
  { text: '' },
  { text: '12345' },
  { code: 0 },
  { code: '12345' },
  { money: '0' },
  { money: '999999999999.99' },
  { day: '2026-01-31T09:30:00+01:00' },
  { attributes: { 12: 'a', b: ['x', 'y'], c: 1.5, d: true, e: null } },
];

const wrong: Partial<Checked>[] = [
  { text: '123456' },
  { text: 'a\0b' },
  { text: 'a\ud800b' },
  { text: 5 },
  { code: '' },
  { code: -1 },
  { code: 1.5 },
  { code: null },
  { money: 1 },
  { money: '-1' },
  { money: '1.001' },
  { money: '1e3' },
  { money: '1000000000000' },
  { day: '2026-02-30' },
  { day: '2026-01-31 09:30' },
  { attributes: [] },
  { attributes: { a: { b: 1 } } },
  { attributes: { a: [1] } },
  { attributes: { a: '\0' } },
  { attributes: Object.fromEntries(Array.from({ length: 501 }, (_, index) => [index, 1])) },
];

describe('checks of fields', () => {
  it.each(right)('take %j, in a body and in a message alike', (fields) => {
    const value = Object.assign(new Checked(), fields);
    expect([validateSync(value), compileSchema(Checked).check({ ...value })]).toEqual([[], []]);
  });

  it.each(wrong)('refuse %j, in a body and in a message alike', (fields) => {
    const value = Object.assign(new Checked(), fields);
    expect(validateSync(value)).toHaveLength(1);
    expect(compileSchema(Checked).check({ ...value })).not.toEqual([]);
  });
});
