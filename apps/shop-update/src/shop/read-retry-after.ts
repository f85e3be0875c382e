/** What a `Retry-After` header asks for, in milliseconds from now; undefined when it asks for nothing that can be read. */
export function readRetryAfter(header: string | readonly string[] | undefined, nowMs: number): number | undefined {
  const text = typeof header === 'string' ? header.trim() : header?.[0]?.trim();
  if (!text) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  // Dates begin with the day of the week; Date.parse alone would make one of nearly anything.
  const at = /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
