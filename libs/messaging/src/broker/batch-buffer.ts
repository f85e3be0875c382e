export interface BatchBufferOptions {
  readonly batchSize: number;
  readonly batchWaitMs: number;
  readonly concurrency: number;
}

/**
 * Gathers items into batches: a full batch starts at once, a smaller one when its first item has waited `batchWaitMs`.
 * Never more than `concurrency` batches run; what arrives meanwhile waits and makes the next batches fuller.
 */
export class BatchBuffer<T> {
  private waiting: T[] = [];
  private running = 0;
  private waitIsOver = false;
  private paused = false;
  private timer?: NodeJS.Timeout;
  private idleListeners: (() => void)[] = [];

  /** `run` must not reject: it owns its failures. */
  constructor(
    private readonly options: BatchBufferOptions,
    private readonly run: (batch: T[]) => Promise<void>,
  ) {}

  push(item: T): void {
    this.waiting.push(item);
    this.startWhatIsDue();
  }

  /** Starts no more batches and hands out what waits; running ones go on. */
  pause(): T[] {
    this.paused = true;
    return this.discard();
  }

  /** Hands out, and forgets, what no batch has taken yet. */
  discard(): T[] {
    this.resetTimer();
    return this.waiting.splice(0);
  }

  /** Resolves when no batch runs. */
  idle(): Promise<void> {
    if (this.running === 0) return Promise.resolve();
    return new Promise((resolve) => this.idleListeners.push(resolve));
  }

  private startWhatIsDue(): void {
    const { batchSize, concurrency, batchWaitMs } = this.options;
    while (!this.paused && this.running < concurrency && this.hasBatch(batchSize)) {
      this.resetTimer();
      void this.start(this.waiting.splice(0, batchSize));
    }
    if (!this.paused && this.waiting.length > 0 && !this.timer && !this.waitIsOver) {
      this.timer = setTimeout(() => {
        this.timer = undefined;
        this.waitIsOver = true;
        this.startWhatIsDue();
      }, batchWaitMs);
    }
  }

  private hasBatch(batchSize: number): boolean {
    return this.waiting.length >= batchSize || (this.waitIsOver && this.waiting.length > 0);
  }

  private async start(batch: T[]): Promise<void> {
    this.running += 1;
    try {
      await this.run(batch);
    } finally {
      this.running -= 1;
      if (this.running === 0) for (const listener of this.idleListeners.splice(0)) listener();
      this.startWhatIsDue();
    }
  }

  private resetTimer(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.waitIsOver = false;
  }
}
