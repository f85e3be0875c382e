import { describe, expect, it } from 'vitest';
import { defineIndexSchema } from './index-schema.js';
import { bucketOf, fromIndexSource, toIndexSource } from './index-source.js';

const schema = defineIndexSchema({
  name: 'people',
  version: 1,
  fields: {
    lastName: { type: 'keyword', search: true, sort: true },
    programmes: { type: 'keyword', match: true, sort: true },
    born: { type: 'date', sort: true },
    note: { type: 'stored' },
  },
});

describe('toIndexSource', () => {
  it('keeps the document recognisable and adds one technical object', () => {
    const document = {
      lastName: "O'Brien",
      programmes: ['Über', 'Anaesthetics'],
      born: '1990-01-31',
      note: { a: [1] },
    };
    expect(JSON.parse(toIndexSource(schema, { id: '7654321', version: 3_000_007, document }))).toEqual({
      ...document,
      lockstep: {
        id: '7654321',
        version: 3_000_007,
        deleted: false,
        bucket: bucketOf('7654321'),
        remainder: 7,
        text: { lastName: 'obrien', programmes: ['uber', 'anaesthetics'] },
        sort: { lastName: 'obrien', programmes: 'anaesthetics' },
      },
    });
  });

  it('leaves missing values out of what is searched and sorted', () => {
    const source = JSON.parse(toIndexSource(schema, { id: '1', version: 0, document: { lastName: null } }));
    expect(source.lockstep).toMatchObject({ text: {}, sort: {} });
  });

  it('writes a tombstone that carries nothing but its key', () => {
    expect(JSON.parse(toIndexSource(schema, { id: '1', version: 2, document: null }))).toEqual({
      lockstep: { id: '1', version: 2, deleted: true, bucket: bucketOf('1'), remainder: 2 },
    });
  });

  it.each([-1, 1.5, Number.NaN, 2 ** 53])('refuses %s as a version', (version) => {
    expect(() => toIndexSource(schema, { id: '1', version, document: null })).toThrow(RangeError);
  });
});

describe('fromIndexSource', () => {
  it('gives back what was written', () => {
    const document = { lastName: 'Ng', note: null };
    expect(fromIndexSource(toIndexSource(schema, { id: '1', version: 5, document }))).toEqual({
      id: '1',
      version: 5,
      deleted: false,
      document,
    });
    expect(fromIndexSource(toIndexSource(schema, { id: '1', version: 6, document: null }))).toMatchObject({
      deleted: true,
      document: null,
    });
  });
});

describe('bucketOf', () => {
  it('agrees with the first byte of the SHA-256 that PostgreSQL computes', () => {
    expect(bucketOf('7654321')).toBe(0xfe);
    expect(bucketOf('é')).toBe(0x4a);
  });
});
