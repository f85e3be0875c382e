import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldText, tokenize, toSortKey } from './fold-text.js';

const FOLDED: readonly (readonly [string, string])[] = [
  ['Smith', 'smith'],
  ['smith', 'smith'],
  ["O'Brien", 'obrien'],
  ['O’Brien', 'obrien'],
  ['O‘Brien', 'obrien'],
  ['OʼBrien', 'obrien'],
  ['O`Brien', 'obrien'],
  ['O´Brien', 'obrien'],
  ['O＇Brien', 'obrien'],
  ['OBRIEN', 'obrien'],
  ['ŉdou', 'ndou'],
  ['Siân', 'sian'],
  ['Sia\u0302n', 'sian'],
  ['Zoë Müller', 'zoe muller'],
  ['Straße', 'strasse'],
  ['STRAẞE', 'strasse'],
  ['Ægir Œuvre', 'aegir oeuvre'],
  ['Søren Łukasz Đurić', 'soren lukasz duric'],
  ['Þór Eiðsson', 'thor eidsson'],
  ['İstanbul ISPARTA ısparta', 'istanbul isparta isparta'],
  ['Nguyễn Thị', 'nguyen thi'],
  ['ﬁnn ﬂood', 'finn flood'],
  ['Ｆｕｌｌ　Ｗｉｄｔｈ', 'full width'],
  ['ΟΔΟΣ οδος', 'οδοσ οδοσ'],
  ['Ёлка', 'елка'],
  ['मोहिनी', 'मोहिनी'],
  ['محمّد', 'محمد'],
  ['x²', 'x2'],
  ['  two\t\u00a0 blanks \n', 'two blanks'],
  ['Smith-Jones, A.', 'smith-jones, a.'],
  ['', ''],
  ["'", ''],
];

const TOKENS: readonly (readonly [string, readonly string[]])[] = [
  ["O'Brien, Mary-Ann (2)", ['obrien', 'mary', 'ann', '2']],
  ['General Practice / Foundation', ['general', 'practice', 'foundation']],
  ['1-AIIDR8', ['1', 'aiidr8']],
  ['7654321', ['7654321']],
  ['Product.createProducts', ['product', 'createproducts']],
  ['ke/live', ['ke', 'live']],
  ['LAMP-OAK-40', ['lamp', 'oak', '40']],
  ['order_call', ['order', 'call']],
  ['*', []],
  ['"{}[]()\\/+-!~^:?', []],
  ['name:smith OR 1=1', ['name', 'smith', 'or', '1', '1']],
  ['مُحَمَّد علي', ['محمد', 'علي']],
  ['मोहिनी राव', ['मोहिनी', 'राव']],
  ['a\u0000b', ['a', 'b']],
  ['\ud800broken', ['broken']],
  ['😀smile', ['smile']],
];

describe('foldText', () => {
  it.each(FOLDED)('folds %j to %j', (text, folded) => {
    expect(foldText(text)).toBe(folded);
  });

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(foldText(foldText(text))).toBe(foldText(text));
      }),
    );
  });
});

describe('tokenize', () => {
  it.each(TOKENS)('splits %j', (text, tokens) => {
    expect(tokenize(text)).toEqual(tokens);
  });

  it('finds the same tokens in a text and in its folded form', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(tokenize(foldText(text))).toEqual(tokenize(text));
      }),
    );
  });

  it('finds the same tokens in a plain text whether or not a foreign word stands beside it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', maxLength: 300 }), (text) => {
        expect(tokenize(`${text} 文`)).toEqual([...tokenize(text), '文']);
      }),
    );
  });

  it('cuts a token at 128 code points, never through a character', () => {
    const [token] = tokenize('𝒜'.repeat(10) + '文'.repeat(200));
    expect([...token!]).toHaveLength(128);
  });
});

describe('toSortKey', () => {
  it('is bounded and ends at a whole character', () => {
    expect([...toSortKey('𠮷'.repeat(300))]).toHaveLength(256);
  });
});
