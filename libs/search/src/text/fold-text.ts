/**
 * The one function that makes text comparable. The writer, the query and every adapter use it, so that what a user types
 * finds what was stored, whatever the engine's own analysers can do.
 */

/** Longest token that is indexed, in code points; the rest is cut. Engines split longer ones each in its own way. */
const MAX_TOKEN_LENGTH = 128;

/** Longest sort key, in code points: two values that differ only later are ordered by their document's id. */
const MAX_SORT_KEY_LENGTH = 256;

/** Apostrophes of keyboards, typesetters and transliterations, the accents that stand in for them, and their wide forms. */
const APOSTROPHES = /['`´‘’‚‛′‵ʹʻʼʽʾʿˈ՚׳ꞌ＇]/gu;

/** Marks that decorate any letter (accents, vowel points). Marks that belong to one script, such as Indic vowels, stay. */
const DECORATING_MARKS = /(?=\p{Mn})\p{Script=Inherited}/gu;

/** Letters that Unicode does not decompose, as a British typist would write them. */
const LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ħ: 'h',
  ŧ: 't',
  ŋ: 'ng',
  ĸ: 'k',
  ı: 'i',
  ȷ: 'j',
  ɨ: 'i',
  ƒ: 'f',
  ə: 'e',
  ς: 'σ',
};
const LETTER = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'gu');

/** Most values; they need none of the work on accents and letters, which is most of the cost. */
const ASCII = /^\p{ASCII}*$/u;

/** Identifiers and single words in lower case are their own tokens and sort keys. */
const PLAIN = /^[a-z0-9]*$/;

/** Results of {@link tokenize} and {@link toSortKey} for values that come again and again, such as names of programmes. */
const REMEMBERED_VALUES = 10_000;
const REMEMBERED_LENGTH = 100;

/**
 * Folds text for comparing and sorting: compatibility forms and ligatures decomposed, accents and apostrophes of all kinds
 * removed, lower case, blanks collapsed. Punctuation stays. Folding twice changes nothing.
 *
 * @example foldText("  Siân O’Brien-Łukasz ") === 'sian obrien-lukasz'
 */
export function foldText(text: string): string {
  const folded = ASCII.test(text) ? text.toLowerCase() : foldLetters(text);
  return folded.replace(APOSTROPHES, '').replace(/\s+/g, ' ').trim();
}

/** Apostrophes go first, because some decompose to a blank and an accent, and again at the end, because some appear. */
function foldLetters(text: string): string {
  return text
    .replace(APOSTROPHES, '')
    .normalize('NFKD')
    .replace(DECORATING_MARKS, '')
    .toLowerCase()
    .replace(DECORATING_MARKS, '')
    .replace(LETTER, (letter) => LETTERS[letter]!);
}

/**
 * Splits folded text into words: runs of letters, digits and the marks of their script. Everything else separates, so a
 * text made of punctuation alone has no token. Tokens are at most 128 code points long.
 *
 * @example tokenize("O'Brien, Mary-Ann (2)") // ['obrien', 'mary', 'ann', '2']
 */
export function tokenize(text: string): string[] {
  if (ASCII.test(text)) return tokenizeAscii(text);
  const tokens = foldText(text).match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
  return tokens.map((token) => cutText(token, MAX_TOKEN_LENGTH));
}

/** As {@link tokenize}: of ASCII, folding changes nothing but the case, and takes the apostrophes away. */
function tokenizeAscii(text: string): string[] {
  const plain = text.toLowerCase().replace(/['`]/g, '');
  const tokens = plain.match(/[a-z0-9]+/g) ?? [];
  return plain.length <= MAX_TOKEN_LENGTH ? tokens : tokens.map((token) => token.slice(0, MAX_TOKEN_LENGTH));
}

/** The words of {@link tokenize}, joined by blanks. */
export const toWords = remembering((text) => tokenize(text).join(' '), MAX_TOKEN_LENGTH);

/** What a value is ordered by: folded, at most 256 code points, compared by code point. */
export const toSortKey = remembering((text) => cutText(foldText(text), MAX_SORT_KEY_LENGTH), MAX_SORT_KEY_LENGTH);

/** `fold` for one value after the other, many of them met before; a plain value of at most `length` is its own result. */
function remembering(fold: (text: string) => string, length: number): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    if (text.length <= length && PLAIN.test(text)) return text;
    if (text.length > REMEMBERED_LENGTH) return fold(text);
    const found = known.get(text);
    if (found !== undefined) return found;
    if (known.size >= REMEMBERED_VALUES) known.clear();
    const folded = fold(text);
    known.set(text, folded);
    return folded;
  };
}

function cutText(text: string, codePoints: number): string {
  return text.length <= codePoints ? text : [...text].slice(0, codePoints).join('');
}
