import { Listener } from '@lockstep/database';
import type { DataSource } from 'typeorm';
import { backoffMs, pause } from './broker/waiting.js';

/** What is done again and again, and what wakes it. */
export type WokenLoopOptions = Turns & (Channel | { readonly dataSource?: never; readonly channel?: never });

interface Turns {
  /** One turn of the work; answers for how many milliseconds it may rest, were it not woken. The signal says: stop soon. */
  readonly turn: (stopping: AbortSignal) => Promise<number>;
  /** Told of a turn that failed, unless the loop is being stopped; the next one comes after a wait that grows with each failure. */
  readonly onFailed: (error: unknown) => void;
  readonly backoff: { readonly firstMs: number; readonly maxMs: number };
  /**
   * However often it is woken, a turn begins no sooner after the former one began, so that each has more to do. One that comes
   * after a longer rest begins at once. Milliseconds. @default 0
   */
  readonly atMostEveryMs?: number;
}

interface Channel {
  readonly dataSource: DataSource;
  /** A notification on this channel of the database ends the rest. */
  readonly channel: string;
}

/**
 * Takes turns until it is stopped. A notification can be lost with its connection, and rows may come due by themselves: the
 * rest that a turn answers is the longest that such a thing goes unnoticed.
 */
export class WokenLoop {
  private readonly stopping = new AbortController();
  private wakeUp = new AbortController();
  private running?: Promise<void>;

  constructor(private readonly options: WokenLoopOptions) {}

  /** Begins; returns at once and never throws. */
  start(): void {
    this.running ??= this.run();
  }

  /** Ends the rest; a turn in hand is followed by another at once. */
  wake(): void {
    this.wakeUp.abort();
  }

  /** Ends after the turn in hand. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.running;
  }

  private async run(): Promise<void> {
    const { turn, onFailed, backoff, atMostEveryMs = 0 } = this.options;
    const { signal: stopping } = this.stopping;
    const listener = this.listen();
    for (let failures = 0; !stopping.aborted; ) {
      const woken = this.wakeUp.signal;
      const begunAt = performance.now();
      try {
        const restMs = await turn(stopping);
        failures = 0;
        await pause(restMs, woken);
        const earlyMs = begunAt + atMostEveryMs - performance.now();
        if (restMs > 0 && earlyMs > 0) await pause(earlyMs, stopping);
      } catch (error) {
        failures += 1;
        if (!stopping.aborted) onFailed(error);
        await pause(backoffMs(failures, backoff), stopping);
      }
      if (woken.aborted) this.wakeUp = new AbortController();
    }
    await listener?.close();
  }

  private listen(): Listener | undefined {
    const { dataSource, channel } = this.options;
    if (!dataSource) return undefined;
    const { options } = dataSource;
    if (options.type !== 'postgres' || !options.url) return undefined;
    const listener = new Listener({
      url: options.url,
      service: options.schema ?? 'public',
      channels: [channel],
      onNotify: () => this.wake(),
      onListening: () => this.wake(),
    });
    listener.start();
    return listener;
  }
}
