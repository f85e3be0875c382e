import { describe, expect, it } from 'vitest';
import { defineIndexSchema, findField } from './index-schema.js';

const FIELDS = {
  name: { type: 'keyword', search: true, sort: true },
  address: { type: 'object', fields: { city: { type: 'keyword' } } },
  programmes: { type: 'nested', fields: { name: { type: 'keyword' } } },
} as const;

describe('defineIndexSchema', () => {
  it('lists the fields that are searched, matched and sorted by key', () => {
    const schema = defineIndexSchema({
      name: 'people',
      version: 1,
      fields: {
        ...FIELDS,
        title: { type: 'keyword', match: true },
        letter: { type: 'stored', match: true },
        born: { type: 'date', sort: true },
      },
    });
    expect(schema).toMatchObject({ searchFields: ['name'], matchFields: ['title', 'letter'], sortKeyFields: ['name'] });
  });

  it('gives equal schemas equal hashes whatever the order of their fields, and other schemas others', () => {
    const { name, ...rest } = FIELDS;
    const hash = (version: number, fields: object) =>
      defineIndexSchema({ name: 'people', version, fields: fields as typeof FIELDS }).hash;
    expect(hash(1, { ...rest, name })).toBe(hash(1, FIELDS));
    expect(hash(2, FIELDS)).not.toBe(hash(1, FIELDS));
    expect(hash(1, rest)).not.toBe(hash(1, FIELDS));
  });

  it.each([
    ['a reserved name', { lockstep: { type: 'keyword' } }],
    ['a dotted name', { 'a.b': { type: 'keyword' } }],
    ['sorting inside another field', { a: { type: 'nested', fields: { b: { type: 'long', sort: true } } } }],
    ['matching inside another field', { a: { type: 'object', fields: { b: { type: 'stored', match: true } } } }],
    ['searching inside another field', { a: { type: 'object', fields: { b: { type: 'keyword', search: true } } } }],
  ] as const)('refuses %s', (_what, fields) => {
    expect(() => defineIndexSchema({ name: 'people', version: 1, fields })).toThrow(/^Index schema people/);
  });
});

describe('findField', () => {
  it.each([
    ['name', 'keyword'],
    ['address.city', 'keyword'],
    ['address', 'object'],
    ['programmes.name', undefined],
    ['toString', undefined],
    ['name.x', undefined],
    ['', undefined],
  ])('finds %j as %s', (path, type) => {
    expect(findField(FIELDS, path)?.type).toBe(type);
  });
});
