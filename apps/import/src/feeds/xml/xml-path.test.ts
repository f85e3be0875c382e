import { describe, expect, it } from 'vitest';
import { parseXmlPath } from './xml-path.js';

describe('a path in XML', () => {
  it('is child steps, predicates on attributes, and at the end an attribute', () => {
    expect(parseXmlPath("title[@lang='en/GB']/part/@ref")).toEqual({
      source: "title[@lang='en/GB']/part/@ref",
      steps: [
        { name: 'title', where: { attribute: 'lang', value: 'en/GB' } },
        { name: 'part', where: null },
      ],
      attribute: 'ref',
    });
    expect(parseXmlPath('@code')).toMatchObject({ steps: [], attribute: 'code' });
    expect(parseXmlPath('.')).toMatchObject({ steps: [], attribute: null });
    expect(parseXmlPath('/catalog/product', 'absolute').steps).toHaveLength(2);
  });

  it.each(['', 'a//b', '/a', 'a/', '../a', 'a[1]', '*', 'a|b', '@a/b', "a[@b='c'][@d='e']", 'x:a', 'a/'.repeat(40)])(
    'refuses %j',
    (source) => {
      expect(() => parseXmlPath(source)).toThrow();
    },
  );

  it('of a record begins at the root and leads to an element', () => {
    expect(() => parseXmlPath('catalog', 'absolute')).toThrow('must begin with /');
    expect(() => parseXmlPath('/catalog/@id', 'absolute')).toThrow('not to an attribute');
    expect(() => parseXmlPath('/', 'absolute')).toThrow();
  });
});
