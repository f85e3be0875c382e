import { describe, expect, it } from 'vitest';
import { checkImportTypes } from './check-import-types.js';
import { contentHash } from './content-hash.js';
import { EXAMPLE_IMPORT_TYPES } from './example-import-types.js';

const objectTypes = {
  brand: { service: 'shop-update', fields: { name: { type: 'string', required: true } } },
  product: { service: 'shop-update' },
};
const link = { child: 'product', parent: 'brand', linkType: 'Dependent' };

function pathsOf(value: unknown): string[] {
  return (checkImportTypes(value).errors ?? []).map(({ path }) => path);
}

describe('import types', () => {
  it('of a new installation are consistent', () => {
    expect(checkImportTypes(EXAMPLE_IMPORT_TYPES)).toEqual({ types: EXAMPLE_IMPORT_TYPES, errors: null });
  });

  it('get what was left open', () => {
    const { types } = checkImportTypes({ objectTypes, linkTags: { productHasBrand: { ...link, service: null } } });
    expect(types?.objectTypes['product']).toEqual({
      service: 'shop-update',
      ownerType: 'product',
      fields: {},
      identifiers: [],
    });
    expect(types?.linkTags['productHasBrand']).toMatchObject({ separateDependentLinkCreate: false, properties: [] });
  });

  it.each<[object, string]>([
    [{ child: 'product', parent: 'shop', linkType: 'Dependent' }, 'linkTags.x.parent'],
    [{ child: 'constructor', parent: 'brand', linkType: 'Dependent' }, 'linkTags.x.child'],
    [{ ...link, linkType: 'independent' }, 'linkTags.x.linkType'],
    [{ ...link, linkType: 'Independent' }, 'linkTags.x.service'],
    [{ ...link, separateDependentLinkCreate: true }, 'linkTags.x.service'],
    [{ ...link, deferrable: true }, 'linkTags.x.service'],
    [{ ...link, service: 'warehouse' }, 'linkTags.x.service'],
    [{ ...link, linkType: 'Independent', service: 'tcs', required: true }, 'linkTags.x.required'],
    [{ ...link, linkType: 'Independent', service: 'tcs', deferrable: true }, 'linkTags.x.deferrable'],
    [{ ...link, linkType: 'Independent', service: 'tcs', allowSelf: true }, 'linkTags.x.allowSelf'],
    [{ ...link, child: 'brand', allowSelf: true }, 'linkTags.x.allowSelf'],
    [{ ...link, child: 'brand', required: true }, 'linkTags.x.required'],
    [{ ...link, colour: 'red' }, 'linkTags.x'],
  ])('refuse the link tag %j, naming the field', (tag, path) => {
    expect(pathsOf({ objectTypes, linkTags: { x: tag } })).toEqual([path]);
  });

  it.each<[object, string]>([
    [{ type: 'text' }, 'type'],
    [{ type: 'string', scale: 2 }, 'scale'],
    [{ type: 'string', min: 2 }, 'min'],
    [{ type: 'integer', min: 2, max: 1 }, 'max'],
    [{ type: 'integer', maxLength: 2 }, 'maxLength'],
    [{ type: 'string', values: [] }, 'values'],
  ])('refuse the field %j, naming what is wrong', (rule, name) => {
    const value = { objectTypes: { x: { service: 'tcs', fields: { f: rule } } }, linkTags: {} };
    expect(pathsOf(value)).toEqual([`objectTypes.x.fields.f.${name}`]);
  });

  it('refuse names that are none, and everything at once', () => {
    const value = JSON.parse(
      '{"objectTypes":{"__proto__":{"service":"tcs"},"a b":{"service":"TCS"}},"linkTags":{"x":1}}',
    );
    expect(pathsOf(value)).toEqual([
      'objectTypes.__proto__',
      'objectTypes.a b',
      'objectTypes.a b.service',
      'linkTags.x',
    ]);
    expect(pathsOf(null)).not.toEqual([]);
    expect(pathsOf({ objectTypes: [], linkTags: {} })).not.toEqual([]);
  });

  it('have one hash whatever the order of their members', () => {
    expect(contentHash({ a: 1, b: [{ c: 2, d: 3 }] })).toBe(contentHash({ b: [{ d: 3, c: 2 }], a: 1 }));
    expect(contentHash({ a: [1, 2] })).not.toBe(contentHash({ a: [2, 1] }));
  });
});
