/** Waits `ms`, or less when the signal is aborted; never throws. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** Resolves with the promise or once `ms` have passed, and leaves no timer behind; rejects as the promise does. */
export async function upTo(promise: Promise<unknown>, ms: number): Promise<void> {
  const over = new AbortController();
  try {
    await Promise.race([promise, pause(ms, over.signal)]);
  } finally {
    over.abort();
  }
}

/** The promise's own outcome, or `late()` thrown once `ms` have passed. */
export async function within<T>(promise: Promise<T>, ms: number, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(late()), Math.max(0, ms));
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Doubling waits with jitter: between half of and the whole of `firstMs * 2^failures`, at most `maxMs`. The jitter keeps
 * replicas that failed together from coming back together.
 */
export function backoffMs(failures: number, limits: { firstMs: number; maxMs: number }): number {
  const full = Math.min(limits.maxMs, limits.firstMs * 2 ** Math.min(failures, 30));
  return Math.round(full / 2 + (full / 2) * Math.random());
}
