import { inspect } from 'node:util';

/** How long `waitFor` asks, how often, and what satisfies it. */
export interface WaitOptions<T> {
  /** For a hang; however busy the machine is, what a test waits for comes before. @default 60000 */
  timeoutMs?: number;
  /** Pause between two questions. @default 50 */
  everyMs?: number;
  /** Which value ends the wait. @default any truthy value */
  until?: (value: T) => boolean;
}

/**
 * Asks `read` again and again until its value satisfies, and returns that value. A `read` that throws is asked again.
 *
 * @example await waitFor('the queue to drain', () => countMessages(queue), { until: (count) => count === 0 })
 * @throws Error naming `what` and the value or error seen last, when the time is up
 */
export async function waitFor<T>(what: string, read: () => T | Promise<T>, options: WaitOptions<T> = {}): Promise<T> {
  const { timeoutMs = 60_000, everyMs = 50, until = Boolean } = options;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const seen = await attempt(read);
    if ('value' in seen && until(seen.value)) return seen.value;
    if (performance.now() >= deadline)
      throw new Error(`waited ${timeoutMs} ms for ${what}; last seen: ${describe(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

type Seen<T> = { value: T } | { error: unknown };

async function attempt<T>(read: () => T | Promise<T>): Promise<Seen<T>> {
  try {
    return { value: await read() };
  } catch (error) {
    return { error };
  }
}

function describe(seen: Seen<unknown>): string {
  return 'error' in seen ? String(seen.error) : inspect(seen.value, { depth: 4, breakLength: 120 });
}
