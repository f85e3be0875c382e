/** The values of a statement, so that none of them ever becomes a part of its text. */
export class Parameters {
  readonly values: unknown[] = [];

  /** Takes a value and answers its place in the text, as `$3::bigint`. */
  add(value: unknown, type: string): string {
    this.values.push(value);
    return `$${this.values.length}::${type}`;
  }
}
