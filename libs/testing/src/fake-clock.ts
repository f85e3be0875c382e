/** A clock that stands still until a test moves it. Fits wherever `{ now(): Date }` is asked for. */
export class FakeClock {
  #nowMs: number;

  /** @param start an instant, RFC 3339 where it is a string */
  constructor(start: string | Date) {
    this.#nowMs = new Date(start).getTime();
    if (Number.isNaN(this.#nowMs)) throw new Error(`not an instant: ${start}`);
  }

  now(): Date {
    return new Date(this.#nowMs);
  }

  /** Moves the clock on; a negative number moves it back, as a correction of a real clock does. */
  advance(milliseconds: number): void {
    this.#nowMs += milliseconds;
  }
}
