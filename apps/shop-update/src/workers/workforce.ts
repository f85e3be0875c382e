import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { WokenLoop } from '@lockstep/messaging';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { queueChannel } from '../queue/lane.store.js';
import { TimersStore } from '../queue/timers.store.js';
import { SETTINGS_CHANNEL } from '../shop-config/shop-settings.store.js';
import { ShopUpdateConfig } from '../shop-update.config.js';
import { passStep, Worker } from './worker.js';

/** A notification can be lost with its connection: look at least this often. */
const LONGEST_REST_MS = 5_000;
/** Holds, retries and leases end by themselves; nobody notices one later than this. */
const TIMER_REST_MS = 500;
const SHORTEST_WAIT_MS = 10;
const BACKOFF = { firstMs: 250, maxMs: 10_000 };

/** The workers of this process, and what only time brings about. Several processes share the work by the locks of the lanes. */
@Injectable()
export class Workforce implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(Workforce.name);
  private readonly stopping = new AbortController();
  private readonly atWork = new Map<string, Promise<void>>();
  private readonly names: readonly string[];
  private readonly dispatching: WokenLoop;
  private readonly timing: WokenLoop;
  private readonly graceMs: number;
  private settledVersion = -1;
  /** While all were at work: whoever finds nothing looks once more, because it may have looked too early. */
  private isCalledAgain = false;

  constructor(
    dataSource: DataSource,
    config: ShopUpdateConfig,
    private readonly worker: Worker,
    private readonly timers: TimersStore,
  ) {
    this.graceMs = config.shutdownGraceMs;
    const { options } = dataSource;
    const schema = options.type === 'postgres' ? (options.schema ?? 'public') : 'public';
    this.names = Array.from({ length: config.shopWorkers }, (_, index) => `${hostname()}:${process.pid}-${index + 1}`);
    const onFailed = (error: unknown): void => this.log.error(`The queue could not be looked after: ${String(error)}`);
    const common = { dataSource, onFailed, backoff: BACKOFF };
    this.dispatching = new WokenLoop({
      ...common,
      channel: queueChannel(schema),
      turn: async () => this.callToWork(),
    });
    this.timing = new WokenLoop({ ...common, channel: SETTINGS_CHANNEL, turn: () => this.lookAtTime() });
  }

  onApplicationBootstrap(): void {
    this.dispatching.start();
    this.timing.start();
  }

  /** Ends after the calls in hand. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await Promise.all([this.dispatching.stop(), this.timing.stop()]);
    // A shop that does not answer keeps nobody: the call's lease runs out, and others give it up.
    const inHand = Promise.all(this.atWork.values());
    await Promise.race([inHand, delay(this.graceMs, undefined, { ref: false })]);
  }

  /** Sets one more worker to work; it calls the next when it finds something. Answers when to look again. */
  private callToWork(): number {
    const idle = this.names.find((name) => !this.atWork.has(name));
    if (idle === undefined) this.isCalledAgain = true;
    else if (!this.stopping.signal.aborted) {
      const done = this.work(idle).finally(() => this.atWork.delete(idle));
      this.atWork.set(idle, done);
    }
    return LONGEST_REST_MS;
  }

  private async work(name: string): Promise<void> {
    for (let failures = 0; !this.stopping.signal.aborted; ) {
      try {
        const look = await this.worker.look(name, (step) => {
          if (step === 'claimed') this.callToWork();
          passStep(step);
        });
        failures = 0;
        if (look.kind === 'worked') continue;
        if (look.waitMs !== undefined) await this.pause(Math.max(look.waitMs, SHORTEST_WAIT_MS));
        else if (this.isCalledAgain) this.isCalledAgain = false;
        else return;
      } catch (error) {
        failures += 1;
        this.log.error(`A call could not be made or applied: ${String(error)}`);
        await this.pause(Math.min(BACKOFF.firstMs * 2 ** failures, BACKOFF.maxMs));
      }
    }
  }

  private async pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }

  private async lookAtTime(): Promise<number> {
    await this.followSettings();
    const expired = await this.timers.expireCalls();
    const released = await this.timers.releaseDue();
    return expired + released > 0 ? 0 : TIMER_REST_MS;
  }

  /** Settings that changed may let lanes go on that nothing else moves. */
  private async followSettings(): Promise<void> {
    const version = await this.timers.configVersion();
    if (version === this.settledVersion) return;
    // What is ready stays so, and may be sent now.
    this.callToWork();
    for (let after: number | undefined = 0; after !== undefined; ) {
      after = await this.timers.resettle(after);
      if (this.stopping.signal.aborted) return;
    }
    this.settledVersion = version;
  }
}
