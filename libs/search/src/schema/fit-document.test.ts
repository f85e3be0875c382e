import { expect, it } from 'vitest';
import { findMisfit } from './find-misfit.js';
import { fitDocument } from './fit-document.js';
import type { FieldDefinitions } from './index-schema.js';

const FIELDS: FieldDefinitions = {
  name: { type: 'keyword' },
  count: { type: 'long' },
  day: { type: 'date' },
  programmes: { type: 'nested', fields: { name: { type: 'keyword' } } },
  raw: { type: 'stored' },
};

it.each<[string, object, object]>([
  ['what fits, as it is', { name: 'a', count: 1, day: '2026-03-14' }, { name: 'a', count: 1, day: '2026-03-14' }],
  ['no field that the index does not have', { name: 'a', added: 1 }, { name: 'a' }],
  ['no value of another type', { name: 'a', count: 'many', day: '14 March' }, { name: 'a' }],
  ['null and nothing at all', { name: null, count: [] }, { name: null, count: [] }],
  ['of several values those that fit', { count: [1, 'two', 3] }, { count: [1, 3] }],
  ['of an element what the index knows', { programmes: [{ name: 'a', added: 1 }] }, { programmes: [{ name: 'a' }] }],
  ['whatever is only given back', { raw: { any: ['thing'] } }, { raw: { any: ['thing'] } }],
  ['nothing that names a method of every object', { constructor: 'x' }, {}],
])('keeps %s', (_, document, kept) => {
  expect(fitDocument(FIELDS, document as Record<string, unknown>)).toEqual(kept);
  expect(findMisfit({ fields: FIELDS }, { ...kept, lockstep: {} })).toBeUndefined();
});
