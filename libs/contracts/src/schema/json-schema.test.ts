import 'reflect-metadata';
import { plainToInstance, Type } from 'class-transformer';
import {
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateIf,
  ValidateNested,
  validateSync,
} from 'class-validator';
import { describe, expect, it } from 'vitest';
import { IsCalendarDate, IsInstant } from './instant.js';
import { toJsonSchema } from './json-schema.js';
import { compileSchema } from './validate.js';

class ChildSample {
  @IsInt()
  @Min(1)
  count!: number;
}

class Sample {
  @IsString()
  @IsNotEmpty()
  @MaxLength(5)
  name!: string;

  @Min(1)
  @Max(9)
  @IsInt()
  rank!: number;

  @IsOptional()
  @IsCalendarDate()
  day?: string | null;

  @IsOptional()
  @IsInstant()
  at?: string | null;

  @IsOptional()
  @IsIn(['a', 'b'])
  kind?: string | null;

  @IsOptional()
  @Matches(/^[a-z]+$/)
  slug?: string | null;

  @IsOptional()
  @IsUUID()
  id?: string;

  @IsOptional()
  @IsBoolean()
  flag?: boolean;

  @IsArray()
  @IsString({ each: true })
  tags!: string[];

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => ChildSample)
  children!: ChildSample[];
}

const GOOD = { name: 'Ann', rank: 3, tags: ['x'], children: [{ count: 1 }] };

/** Whether class-validator, as requests are checked, takes the value. */
function requestAccepts(value: object): boolean {
  return validateSync(plainToInstance(Sample, value), { whitelist: true, forbidNonWhitelisted: true }).length === 0;
}

describe('messages are checked as requests are', () => {
  it.each<[string, object, boolean]>([
    ['all that is needed', GOOD, true],
    ['null where optional', { ...GOOD, day: null, kind: null, at: null }, true],
    ['a day', { ...GOOD, day: '2026-02-28' }, true],
    ['a day that does not exist', { ...GOOD, day: '2026-02-30' }, false],
    ['an instant for a day', { ...GOOD, day: '2026-02-28T00:00:00Z' }, false],
    ['an instant', { ...GOOD, at: '2026-02-28T10:00:00.123+01:00' }, true],
    ['an instant without offset', { ...GOOD, at: '2026-02-28T10:00:00' }, false],
    ['text around an instant', { ...GOOD, at: 'x2026-02-28T10:00:00Z' }, false],
    ['an unknown field', { ...GOOD, surprise: 1 }, false],
    ['an unknown field in a child', { ...GOOD, children: [{ count: 1, more: 2 }] }, false],
    ['a bad child', { ...GOOD, children: [{ count: 0 }] }, false],
    ['a number that is not whole', { ...GOOD, rank: 1.5 }, false],
    ['a number out of range', { ...GOOD, rank: 10 }, false],
    ['an empty name', { ...GOOD, name: '' }, false],
    ['a name too long', { ...GOOD, name: 'abcdef' }, false],
    ['a missing name', { rank: 1, tags: [], children: [] }, false],
    ['a value outside the list', { ...GOOD, kind: 'c' }, false],
    ['a slug', { ...GOOD, slug: 'abc' }, true],
    ['a bad slug', { ...GOOD, slug: 'A1' }, false],
    ['a bad id', { ...GOOD, id: 'nope' }, false],
    ['text for a flag', { ...GOOD, flag: 'true' }, false],
    ['a number among tags', { ...GOOD, tags: ['x', 1] }, false],
  ])('%s', (_, value, accepted) => {
    expect(requestAccepts(value)).toBe(accepted);
    expect(compileSchema(Sample).check(value).length === 0).toBe(accepted);
  });

  it('names the path and the field of a fault', () => {
    expect(compileSchema(Sample).check({ ...GOOD, children: [{ count: 0 }], extra: 1 })).toEqual([
      'body: must NOT have additional properties (extra)',
      'children.0.count: must be >= 1',
    ]);
  });
});

it('does not tell of an optional field that it is not null either', () => {
  expect(compileSchema(Sample).check({ ...GOOD, day: '2026-02-30' })).toEqual([
    'day: must match format "calendar-date"',
  ]);
});

describe('a decorator whose meaning the schema would lose is refused', () => {
  it('ValidateIf', () => {
    class WithCondition {
      @ValidateIf(() => true)
      @IsString()
      name!: string;
    }
    expect(() => toJsonSchema(WithCondition)).toThrow(/WithCondition.name/);
  });

  it('flags of a regular expression', () => {
    class WithFlags {
      @Matches(/a/i)
      name!: string;
    }
    expect(() => toJsonSchema(WithFlags)).toThrow(/WithFlags.name/);
  });

  it('null in IsIn', () => {
    class WithNull {
      @IsIn(['a', null])
      name!: string | null;
    }
    expect(() => toJsonSchema(WithNull)).toThrow(/WithNull.name/);
  });
});
