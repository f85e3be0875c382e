/** Which columns belong to an object type that occurs several times in a row. */
export interface ColumnPattern {
  readonly source: string;
  /** Instance and field that a title names, or null. */
  match(title: string): { readonly instance: string; readonly field: string } | null;
}

/** Longer titles match no pattern. Characters. */
const MAX_TITLE = 100;
const MAX_PATTERN = 200;
/** Ways in which the pattern could match a title at worst; more would let a configuration stop the service. */
const MAX_WAYS = 100_000;

/**
 * Parses a regular expression of a configuration. It comes from outside, and a backtracking engine can need centuries for a
 * few characters; so only a part of the language is accepted: characters, `.`, escapes, classes, alternatives, groups
 * that are not repeated, and `* + ? {n,m}` behind a single character or class. For that part the ways of matching can
 * be counted, and are limited. It is matched against whole titles only, once a column.
 *
 * Throws `Error` telling what is wrong.
 */
export function parseColumnPattern(source: string): ColumnPattern {
  if (source.length > MAX_PATTERN) throw new Error(`must have at most ${MAX_PATTERN} characters`);
  const body = source.replace(/^\^/, '').replace(/(?<!\\)\$$/, '');
  const { ways, groups } = new PatternReader(body).read();
  if (ways > MAX_WAYS) throw new Error('has too many repetitions, which could take too long');
  for (const name of ['instance', 'field']) {
    if (!groups.includes(name)) throw new Error(`must have the named group (?<${name}>...)`);
  }
  const expression = compile(body);
  return {
    source,
    match: (title) => {
      const found = title.length > MAX_TITLE ? null : expression.exec(title)?.groups;
      const { instance, field } = found ?? {};
      return instance !== undefined && field !== undefined ? { instance, field } : null;
    },
  };
}

function compile(body: string): RegExp {
  try {
    return new RegExp(`^(?:${body})$`, 'u');
  } catch (error) {
    throw new Error(`is not a regular expression: ${(error as Error).message}`);
  }
}

/** Reads a pattern once, counting the ways in which it could match at worst. */
class PatternReader {
  private at = 0;
  private readonly groups: string[] = [];

  constructor(private readonly pattern: string) {}

  read(): { ways: number; groups: readonly string[] } {
    const ways = this.alternatives();
    if (this.at < this.pattern.length) throw new Error(`has a ) too many at character ${this.at + 1}`);
    return { ways, groups: this.groups };
  }

  /** Ways of alternatives add up, those of what follows each other multiply. */
  private alternatives(): number {
    let total = this.sequence();
    while (this.take('|')) total += this.sequence();
    return total;
  }

  private sequence(): number {
    let ways = 1;
    while (this.at < this.pattern.length && !'|)'.includes(this.pattern[this.at]!)) {
      ways *= this.take('(') ? this.group() : this.atom() * this.repetition();
    }
    return ways;
  }

  private group(): number {
    const name = /^\?<([A-Za-z][A-Za-z0-9]*)>/.exec(this.pattern.slice(this.at));
    if (name) {
      this.groups.push(name[1]!);
      this.at += name[0].length;
    } else if (this.pattern[this.at] === '?' && !this.take('?:')) {
      throw new Error('may have no group but (...), (?:...) and (?<name>...)');
    }
    const ways = this.alternatives();
    if (!this.take(')')) throw new Error('has a group that is not closed');
    if ('*+?{'.includes(this.pattern[this.at] ?? ' ')) throw new Error('may not repeat a group');
    return ways;
  }

  /** A single character, escape or class: matches in one way. */
  private atom(): number {
    const atom = /^(?:\\[dDwWsS]|\\[^A-Za-z0-9]|\[(?:\\[^bBcpPux0-9]|[^\]\\])+\]|[^\\[\]*+?{}^$])/u;
    const found = atom.exec(this.pattern.slice(this.at));
    if (!found) throw new Error(`has something that is not accepted here at character ${this.at + 1}`);
    this.at += found[0].length;
    return 1;
  }

  private repetition(): number {
    const found = /^(?:[*+?]|\{(\d{1,3})(,(\d{1,3})?)?\})\??/.exec(this.pattern.slice(this.at));
    if (!found) return 1;
    this.at += found[0].length;
    if (found[0].startsWith('?')) return 2;
    if (!found[0].startsWith('{')) return MAX_TITLE;
    const least = Number(found[1]);
    const most = found[2] === undefined ? least : Number(found[3] ?? MAX_TITLE);
    return Math.max(1, Math.min(most, MAX_TITLE) - least + 1);
  }

  private take(text: string): boolean {
    if (!this.pattern.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }
}
