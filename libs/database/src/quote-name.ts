/** Quotes a name for SQL. Never needed for a value: values are parameters. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
