/** A number as it was written: nothing is lost of `12345678901234567890` or `79.90`. */
export class JsonNumber {
  constructor(readonly text: string) {}
}

export type JsonValue = string | boolean | null | JsonNumber | JsonValue[] | { [name: string]: JsonValue };

const MAX_DEPTH = 32;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must be escaped
const NEEDS_CARE = /[\\\u0000-\u001f]/;

/**
 * One JSON text (RFC 8259), strictly: numbers stay exact, a member that stands twice is an error, nesting is limited.
 * Throws `SyntaxError` with the character at which it went wrong. Objects have no prototype, so `__proto__` is a name
 * like any other.
 */
export function parseJson(text: string): JsonValue {
  const reader = new JsonReader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

class JsonReader {
  private at = 0;

  constructor(private readonly text: string) {}

  end(): void {
    this.skipBlanks();
    if (this.at < this.text.length) throw this.fault('more text after the value');
  }

  value(depth: number): JsonValue {
    if (depth > MAX_DEPTH) throw this.fault(`nested deeper than ${MAX_DEPTH}`);
    this.skipBlanks();
    const first = this.text[this.at];
    if (first === '{') return this.object(depth);
    if (first === '[') return this.array(depth);
    if (first === '"') return this.string();
    if (first === '-' || (first !== undefined && first >= '0' && first <= '9')) return this.number();
    for (const [word, value] of WORDS) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    throw this.fault('a value was expected');
  }

  private object(depth: number): JsonValue {
    const object: { [name: string]: JsonValue } = Object.create(null);
    this.list('}', () => {
      if (this.text[this.at] !== '"') throw this.fault('a name in quotes was expected');
      const name = this.string();
      if (name in object) throw this.fault(`the member "${shortened(name)}" stands twice`);
      this.skipBlanks();
      if (this.text[this.at] !== ':') throw this.fault('a colon was expected');
      this.at++;
      object[name] = this.value(depth + 1);
    });
    return object;
  }

  private array(depth: number): JsonValue {
    const items: JsonValue[] = [];
    this.list(']', () => items.push(this.value(depth + 1)));
    return items;
  }

  private list(closing: string, item: () => void): void {
    this.at++;
    this.skipBlanks();
    if (this.text[this.at] === closing) {
      this.at++;
      return;
    }
    for (;;) {
      this.skipBlanks();
      item();
      this.skipBlanks();
      const next = this.text[this.at];
      if (next !== ',' && next !== closing) throw this.fault(`a comma or ${closing} was expected`);
      this.at++;
      if (next === closing) return;
    }
  }

  private string(): string {
    const begin = this.at;
    let closing = begin;
    do closing = this.text.indexOf('"', closing + 1);
    while (closing > 0 && this.isEscaped(closing));
    if (closing < 0) {
      this.at = this.text.length;
      throw this.fault('a text that is not closed');
    }
    this.at = closing + 1;
    const inner = this.text.slice(begin + 1, closing);
    if (!NEEDS_CARE.test(inner)) return inner;
    try {
      return JSON.parse(this.text.slice(begin, closing + 1)) as string;
    } catch {
      this.at = begin;
      throw this.fault('a text with a wrong escape, or a character that must be escaped');
    }
  }

  private isEscaped(quote: number): boolean {
    let backslashes = 0;
    while (this.text[quote - 1 - backslashes] === '\\') backslashes++;
    return backslashes % 2 === 1;
  }

  private number(): JsonNumber {
    NUMBER.lastIndex = this.at;
    const found = NUMBER.exec(this.text)?.[0];
    if (found === undefined) throw this.fault('not a number');
    this.at += found.length;
    return new JsonNumber(found);
  }

  private skipBlanks(): void {
    while (BLANKS.has(this.text.charCodeAt(this.at))) this.at++;
  }

  private fault(what: string): SyntaxError {
    const where = this.at >= this.text.length ? 'at the end of the line' : `at character ${this.at + 1}`;
    return new SyntaxError(`${what}, ${where}`);
  }
}

const BLANKS = new Set([0x20, 0x09, 0x0a, 0x0d]);
const WORDS = [
  ['true', true],
  ['false', false],
  ['null', null],
] as const;

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}
