/**
 * What people type into the log search, as a tree. Fields, phrases, AND, OR, NOT in any case, parentheses, a `*` at the end
 * of a value, `field:*`, ranges. Words side by side must all be there; those without a field are looked for in `message`.
 */

/** A condition on one field. Positions are those of its first character, from 1. */
export type LogTerm = { readonly field: string; readonly position: number } & (
  | { readonly kind: 'value'; readonly value: string; readonly isPrefix: boolean }
  | { readonly kind: 'exists' }
  | {
      readonly kind: 'range';
      readonly from: LogBound | null;
      readonly to: LogBound | null;
    }
);

export interface LogBound {
  readonly value: string;
  readonly isIncluded: boolean;
}

export type LogQuery =
  | LogTerm
  | { readonly kind: 'and' | 'or'; readonly parts: readonly LogQuery[] }
  | { readonly kind: 'not'; readonly part: LogQuery };

/** The query cannot be read; `position` is the character, from 1, where it went wrong. */
export class LogQueryError extends Error {
  override readonly name = 'LogQueryError';

  constructor(
    readonly position: number,
    message: string,
  ) {
    super(message);
  }
}

/** Longest query, in characters. */
export const MAX_QUERY_LENGTH = 2_000;
const MAX_DEPTH = 20;
const MAX_TERMS = 60;

/** Field of words that name none. */
const DEFAULT_FIELD = 'message';

type Token = { readonly position: number } & (
  | { readonly kind: '(' | ')' | 'AND' | 'OR' | 'NOT' | 'end' }
  | { readonly kind: 'phrase' | 'word'; readonly text: string }
  /** A field with what follows its name: a colon, or a comparison. */
  | { readonly kind: 'field'; readonly text: string; readonly operator: ':' | '>=' | '<=' | '>' | '<' }
  | { readonly kind: 'range'; readonly from: LogBound | null; readonly to: LogBound | null }
);

/** An empty query finds everything. @throws LogQueryError */
export function parseLogQuery(text: string): LogQuery {
  if (text.length > MAX_QUERY_LENGTH) {
    throw new LogQueryError(MAX_QUERY_LENGTH + 1, `A query has at most ${MAX_QUERY_LENGTH} characters.`);
  }
  return new Parser(tokensOf(text)).parse();
}

class Parser {
  private at = 0;
  private terms = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  parse(): LogQuery {
    if (this.next().kind === 'end') return { kind: 'and', parts: [] };
    const query = this.parseOr(DEFAULT_FIELD, 0);
    if (this.next().kind !== 'end') throw new LogQueryError(this.next().position, 'There is no ( to this ).');
    return query;
  }

  private parseOr(field: string, depth: number): LogQuery {
    const parts = [this.parseAnd(field, depth)];
    for (;;) {
      if (this.next().kind === 'OR') this.at += 1;
      else if (!this.opensWith('OR')) return parts.length === 1 ? parts[0]! : { kind: 'or', parts };
      parts.push(this.parseAnd(field, depth));
    }
  }

  private parseAnd(field: string, depth: number): LogQuery {
    const parts = [this.parseNot(field, depth)];
    for (;;) {
      if (this.next().kind === 'AND') this.at += 1;
      else if (['end', ')', 'OR'].includes(this.next().kind) || this.opensWith('OR')) {
        return parts.length === 1 ? parts[0]! : { kind: 'and', parts };
      }
      parts.push(this.parseNot(field, depth));
    }
  }

  private parseNot(field: string, depth: number): LogQuery {
    if (depth > MAX_DEPTH) throw new LogQueryError(this.next().position, `At most ${MAX_DEPTH} levels of parentheses.`);
    if (this.next().kind !== 'NOT') return this.parseOne(field, depth);
    this.at += 1;
    return { kind: 'not', part: this.parseNot(field, depth + 1) };
  }

  private parseOne(field: string, depth: number): LogQuery {
    const token = this.take();
    switch (token.kind) {
      case '(':
        return this.parseGroup(field, depth, token.position);
      case 'phrase':
      case 'word':
        return this.toTerm(field, token);
      case 'field':
        return this.parseField(token, depth);
      case 'range':
        throw new LogQueryError(token.position, 'A range needs a field: field:[a TO b].');
      case 'end':
        throw new LogQueryError(token.position, 'Something is missing at the end.');
      default:
        throw new LogQueryError(token.position, `${token.kind} needs something before it.`);
    }
  }

  /** `(AND x)` is what people write for "and, if you like, x": a clause like any other. */
  private parseGroup(field: string, depth: number, opened: number): LogQuery {
    if (this.next().kind === 'AND' || this.next().kind === 'OR') this.at += 1;
    const inner = this.parseOr(field, depth + 1);
    if (this.take().kind !== ')') throw new LogQueryError(opened, 'This ( is never closed.');
    return inner;
  }

  private parseField({ text, operator, position }: Extract<Token, { kind: 'field' }>, depth: number): LogQuery {
    const token = this.take();
    if (operator !== ':') return this.toComparison(text, operator, position, token);
    if (token.kind === '(') return this.parseGroup(text, depth, token.position);
    if (token.kind === 'range')
      return this.count({ kind: 'range', field: text, position, from: token.from, to: token.to });
    if (token.kind === 'phrase' || token.kind === 'word') return this.toTerm(text, { ...token, position });
    throw new LogQueryError(token.position, `${text}: needs a value.`);
  }

  private toComparison(field: string, operator: string, position: number, token: Token): LogQuery {
    if (token.kind !== 'phrase' && token.kind !== 'word') {
      throw new LogQueryError(token.position, `${field} ${operator} needs a value.`);
    }
    const bound = { value: token.text, isIncluded: operator.endsWith('=') };
    const isLower = operator.startsWith('>');
    return this.count({ kind: 'range', field, position, from: isLower ? bound : null, to: isLower ? null : bound });
  }

  private toTerm(field: string, { kind, text, position }: Extract<Token, { kind: 'phrase' | 'word' }>): LogQuery {
    if (text === '*') return this.count({ kind: 'exists', field, position });
    const star = text.indexOf('*');
    if (star === 0) throw new LogQueryError(position, 'A value cannot begin with *.');
    if (star > 0 && star < text.length - 1) {
      throw new LogQueryError(position, 'A * can only stand at the end of a value.');
    }
    if (kind === 'word' && /~\d*$/.test(text))
      throw new LogQueryError(position, 'There is no search for similar words.');
    return this.count({
      kind: 'value',
      field,
      position,
      value: star > 0 ? text.slice(0, -1) : text,
      isPrefix: star > 0,
    });
  }

  private count(term: LogTerm): LogTerm {
    this.terms += 1;
    if (this.terms > MAX_TERMS) throw new LogQueryError(term.position, `A query has at most ${MAX_TERMS} conditions.`);
    return term;
  }

  private next(): Token {
    return this.tokens[this.at]!;
  }

  private take(): Token {
    const token = this.next();
    if (token.kind !== 'end') this.at += 1;
    return token;
  }

  /** `(OR x)` belongs to what stands before it. */
  private opensWith(operator: 'OR'): boolean {
    return this.next().kind === '(' && this.tokens[this.at + 1]?.kind === operator;
  }
}

const BLANK = /\s/u;
const FIELD = /(@?[A-Za-z][A-Za-z0-9_.]*)\s*(:\s*(?:>=|<=|>|<)|:|>=|<=|>|<)\s*/y;
const WORD = /[^\s()"]+/y;
const RANGE = /([[{])\s*("[^"]*"|\S+?)\s+TO\s+("[^"]*"|\S+?)\s*([\]}])/iy;
const OPERATOR = /^(and|or|not)$/i;

function tokensOf(given: string): Token[] {
  // Word processors write “so”. One character each, so that positions stay.
  const text = given.replaceAll(/[“”„‟″＂«»]/gu, '"');
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    const position = at + 1;
    const character = text[at]!;
    if (BLANK.test(character)) {
      at += 1;
    } else if (character === '(' || character === ')') {
      tokens.push({ kind: character, position });
      at += 1;
    } else if (character === '"') {
      const [value, end] = readPhrase(text, at);
      tokens.push({ kind: 'phrase', text: value, position });
      at = end;
    } else {
      const [token, end] = readUnquoted(text, at, tokens.at(-1));
      tokens.push(token);
      at = end;
    }
  }
  return [...tokens, { kind: 'end', position: text.length + 1 }];
}

function readUnquoted(text: string, at: number, before: Token | undefined): [Token, number] {
  const position = at + 1;
  const isValue = before?.kind === 'field';
  const range = isValue ? matchAt(RANGE, text, at) : null;
  if (range) return [{ kind: 'range', position, ...toBounds(range) }, at + range[0].length];
  if (isValue && (text[at] === '[' || text[at] === '{')) {
    throw new LogQueryError(position, 'A range is written [a TO b].');
  }
  const field = isValue ? null : matchAt(FIELD, text, at);
  if (field) {
    const operator = field[2]!.replace(/^:\s*(?=[<>])/, '') as ':';
    return [{ kind: 'field', text: field[1]!, operator, position }, at + field[0].length];
  }
  const [word] = matchAt(WORD, text, at)!;
  if (!isValue && OPERATOR.test(word)) return [{ kind: word.toUpperCase() as 'AND', position }, at + word.length];
  return [{ kind: 'word', text: word, position }, at + word.length];
}

function toBounds(range: RegExpExecArray): { from: LogBound | null; to: LogBound | null } {
  const [, open, from, to, close] = range as unknown as [string, string, string, string, string];
  const bound = (value: string, isIncluded: boolean) =>
    value === '*' ? null : { value: value.replace(/^"(.*)"$/, '$1'), isIncluded };
  return { from: bound(from, open === '['), to: bound(to, close === ']') };
}

/** The text between the quotes, and where it goes on behind them. A backslash takes the next character as it is. */
function readPhrase(text: string, at: number): [string, number] {
  let value = '';
  for (let end = at + 1; end < text.length; end += 1) {
    if (text[end] === '"') return [value, end + 1];
    if (text[end] === '\\' && end + 1 < text.length) end += 1;
    value += text[end];
  }
  throw new LogQueryError(at + 1, 'This " is never closed.');
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
