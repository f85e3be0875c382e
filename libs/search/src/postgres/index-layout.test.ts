import { describe, expect, it } from 'vitest';
import type { FieldDefinitions } from '../schema/index-schema.js';
import { layoutOf } from './index-layout.js';

describe('layoutOf', () => {
  it('gives every field columns of its own, however long and alike the names', () => {
    const long = 'a'.repeat(80);
    const fields: FieldDefinitions = {
      [`${long}b`]: { type: 'keyword', search: true, match: true, sort: true },
      [`${long}c`]: { type: 'keyword', search: true, match: true, sort: true },
      [`${long}C`]: { type: 'long' },
      address_city: { type: 'keyword' },
      address: { type: 'object', fields: { city: { type: 'keyword' }, flats: { type: 'nested', fields: {} } } },
      order: { type: 'stored' },
    };
    const layout = layoutOf(fields);
    const names = layout.columns.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !/^[a-z][a-z0-9_]{0,62}$/.test(name))).toEqual([]);
    expect([...layout.values.keys()]).toEqual([`${long}b`, `${long}c`, `${long}C`, 'address_city', 'address.city']);
    expect([...layout.nested.keys()]).toEqual(['address.flats']);
  });

  it('is the same for the same fields, so that it need not be stored', () => {
    const fields: FieldDefinitions = { b: { type: 'keyword', sort: true }, a: { type: 'date' } };
    expect(layoutOf(JSON.parse(JSON.stringify(fields)))).toEqual(layoutOf(fields));
  });

  it('has no column of words where nothing is searched', () => {
    expect(layoutOf({ a: { type: 'keyword' } }).columns.map(({ name }) => name)).not.toContain('words');
  });
});
