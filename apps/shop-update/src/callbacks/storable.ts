/** Deeper than any answer of a shop; far from what would exhaust a stack. */
const MAX_DEPTH = 32;

/** The value as PostgreSQL can keep it: without NUL and halves of characters. Undefined when it is nested too deeply. */
export function storable(value: unknown, depth = 0): { readonly value: unknown } | undefined {
  if (typeof value === 'string') return { value: clean(value) };
  if (typeof value !== 'object' || value === null) return { value };
  if (depth >= MAX_DEPTH) return undefined;
  if (Array.isArray(value)) {
    const items = value.map((each) => storable(each, depth + 1));
    return items.includes(undefined) ? undefined : { value: items.map((each) => each?.value) };
  }
  const members = Object.entries(value).map(([name, each]) => [clean(name), storable(each, depth + 1)] as const);
  if (members.some(([, each]) => each === undefined)) return undefined;
  return { value: Object.fromEntries(members.map(([name, each]) => [name, each?.value])) };
}

function clean(text: string): string {
  // By way of bytes: a half has none.
  return Buffer.from(text.replaceAll('\0', '\u{fffd}')).toString();
}
