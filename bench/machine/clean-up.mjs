/**
 * What was started is stopped and what was made is removed, in reverse order, at the end, after a failure, and on Ctrl-C
 * (once more leaves at once).
 * Use as `const end = cleanUp.add(action)`: `await end()` does it now, and only once.
 */
const LIMIT_MS = 60_000;
/** One Ctrl-C may arrive twice: from the terminal, and passed on by npm. */
const SAME_SIGNAL_MS = 2_000;

class CleanUp {
  #actions = new Set();
  /** True once somebody has asked to stop. */
  isEnding = false;

  add(what, action) {
    const entry = { what, action };
    this.#actions.add(entry);
    // Whoever was just making something must not go on to make more.
    if (this.isEnding) throw new Error('interrupted');
    return async () => {
      if (!this.#actions.delete(entry)) return;
      await bounded(entry);
    };
  }

  async all() {
    while (this.#actions.size > 0) {
      const entry = [...this.#actions].at(-1);
      this.#actions.delete(entry);
      await bounded(entry).catch((error) => console.error(`${entry.what}: ${error.message}`));
    }
  }

  onSignals() {
    let askedAt;
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ]) {
      process.on(signal, () => {
        if (this.isEnding && performance.now() - askedAt > SAME_SIGNAL_MS) process.exit(code);
        if (this.isEnding) return;
        this.isEnding = true;
        askedAt = performance.now();
        console.error(`${signal}: removing what was made; once more to leave it`);
        this.all().finally(() => process.exit(code));
      });
    }
  }
}

async function bounded({ what, action }) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took more than ${LIMIT_MS} ms`)), LIMIT_MS);
  });
  try {
    await Promise.race([action(), late]);
  } finally {
    clearTimeout(timer);
  }
}

export const cleanUp = new CleanUp();
