import { inTransaction, Listener } from '@lockstep/database';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BROKER, type Broker } from '../broker/broker.js';
import { isBrokerGone } from '../broker/publish-errors.js';
import { backoffMs, pause } from '../broker/waiting.js';
import { DeadLetterStore } from './dead-letter.store.js';
import { replayChannel } from './dead-letters.js';
import { toReplay } from './to-replay.js';

const BATCH_SIZE = 25;
/** A notification can be lost with its connection: look at least this often. */
const POLL_MS = 30_000;
const BACKOFF = { firstMs: 250, maxMs: 15_000 };

/**
 * Sends scheduled letters back as they come due. Any number of replicas may run: each takes letters the others have not
 * locked. Killed between publishing and storing, a letter is sent again under its own message id, which consumers recognise.
 */
@Injectable()
export class DeadLetterReplayer {
  private readonly log = new Logger('dead-letters');
  private readonly stopping = new AbortController();
  private wakeUp = new AbortController();
  private running?: Promise<void>;

  constructor(
    private readonly dataSource: DataSource,
    private readonly store: DeadLetterStore,
    @Inject(BROKER) private readonly broker: Broker,
  ) {}

  /** Begins; returns at once and never throws. */
  start(): void {
    this.running ??= this.run();
  }

  /** Ends after the batch in hand. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.wakeUp.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const listener = this.listen();
    for (let failures = 0; !this.stopping.signal.aborted; ) {
      const woken = this.wakeUp.signal;
      try {
        await this.replayDue();
        failures = 0;
        await pause(Math.min((await this.store.nextDueMs()) ?? POLL_MS, POLL_MS), woken);
      } catch (error) {
        failures += 1;
        this.log.warn(`Scheduled letters not sent back yet: ${String(error)}`);
        await pause(backoffMs(failures, BACKOFF), this.stopping.signal);
      }
      if (woken.aborted) this.wakeUp = new AbortController();
    }
    await listener?.close();
  }

  /** @throws PublishUnconfirmedError when the broker does not answer; what it had confirmed is stored */
  private async replayDue(): Promise<void> {
    const gone = await inTransaction(
      this.dataSource,
      async (manager) => {
        const letters = await this.store.claimDue(manager, BATCH_SIZE);
        const results = await Promise.allSettled(letters.map((letter) => this.broker.publish(toReplay(letter))));
        let brokerGone: unknown;
        for (const [at, { id, replays }] of letters.entries()) {
          const result = results[at]!;
          if (result.status === 'fulfilled') await this.store.setState(manager, id, 'replayed', replays + 1);
          else if (isBrokerGone(result.reason)) brokerGone = result.reason;
          else {
            this.log.error(`Dead letter ${id} cannot be sent back and stays parked: ${String(result.reason)}`);
            await this.store.setState(manager, id, 'parked', replays);
          }
        }
        return brokerGone;
      },
      // Sent is sent: a second attempt of the transaction would publish everything again.
      { attempts: 1 },
    );
    if (gone) throw gone;
  }

  private listen(): Listener | undefined {
    const { options } = this.dataSource;
    if (options.type !== 'postgres' || !options.url) return undefined;
    const listener = new Listener({
      url: options.url,
      service: options.schema ?? 'public',
      channels: [replayChannel(this.dataSource)],
      onNotify: () => this.wakeUp.abort(),
      onListening: () => this.wakeUp.abort(),
    });
    listener.start();
    return listener;
  }
}
