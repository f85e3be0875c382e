/**
 * What was started is stopped and what was made is removed, in reverse order, at the end, after a failure, and on Ctrl-C
 * (a second Ctrl-C leaves at once). Use as `const end = cleanUp.add(action)`: `await end()` does it now, and only once.
 */
const LIMIT_MS = 60_000;

class CleanUp {
  #actions = new Set();
  /** True once somebody has asked to stop. */
  isEnding = false;

  add(what, action) {
    const entry = { what, action };
    this.#actions.add(entry);
    return async () => {
      if (!this.#actions.delete(entry)) return;
      await bounded(entry);
    };
  }

  async all() {
    for (const entry of [...this.#actions].reverse()) {
      this.#actions.delete(entry);
      await bounded(entry).catch((error) => console.error(`${entry.what}: ${error.message}`));
    }
  }

  onSignals() {
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ]) {
      process.on(signal, () => {
        if (this.isEnding) process.exit(code);
        this.isEnding = true;
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
