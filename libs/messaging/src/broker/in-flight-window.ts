/**
 * Limits what is under way by number and by bytes, first come, first served. One item always fits, however large, so
 * that a body above the limit is sent alone instead of never.
 */
export class InFlightWindow {
  private count = 0;
  private bytes = 0;
  private readonly queue: { readonly bytes: number; readonly enter: () => void }[] = [];
  private emptyListeners: (() => void)[] = [];

  constructor(
    private readonly maxCount: number,
    private readonly maxBytes: number,
  ) {}

  /** Resolves when there is room; each caller must {@link leave} with the same size. */
  enter(bytes: number): Promise<void> {
    if (this.queue.length === 0 && this.hasRoomFor(bytes)) {
      this.take(bytes);
      return Promise.resolve();
    }
    return new Promise((enter) => this.queue.push({ bytes, enter }));
  }

  leave(bytes: number): void {
    this.count -= 1;
    this.bytes -= bytes;
    for (let next = this.queue[0]; next && this.hasRoomFor(next.bytes); next = this.queue[0]) {
      this.queue.shift();
      this.take(next.bytes);
      next.enter();
    }
    if (this.count === 0) for (const listener of this.emptyListeners.splice(0)) listener();
  }

  /** Resolves when nothing is under way. */
  empty(): Promise<void> {
    if (this.count === 0) return Promise.resolve();
    return new Promise((resolve) => this.emptyListeners.push(resolve));
  }

  private hasRoomFor(bytes: number): boolean {
    return this.count === 0 || (this.count < this.maxCount && this.bytes + bytes <= this.maxBytes);
  }

  private take(bytes: number): void {
    this.count += 1;
    this.bytes += bytes;
  }
}
