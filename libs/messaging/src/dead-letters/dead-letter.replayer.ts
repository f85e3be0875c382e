import { inTransaction } from '@lockstep/database';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BROKER, type Broker } from '../broker/broker.js';
import { isBrokerGone } from '../broker/publish-errors.js';
import { WokenLoop } from '../woken-loop.js';
import { DeadLetterStore } from './dead-letter.store.js';
import { replayChannel } from './dead-letters.js';
import { toReplay } from './to-replay.js';

const BATCH_SIZE = 25;
/** A notification can be lost with its connection: look at least this often. */
const POLL_MS = 30_000;
/** What is due and was not to be had is in another replica's hands. */
const LOCKED_REST_MS = 250;
const BACKOFF = { firstMs: 250, maxMs: 15_000 };

/**
 * Sends scheduled letters back as they come due. Any number of replicas may run: each takes letters the others have not
 * locked. Killed between publishing and storing, a letter is sent again under its own message id, which consumers recognise.
 */
@Injectable()
export class DeadLetterReplayer {
  private readonly log = new Logger('dead-letters');
  private readonly loop: WokenLoop;

  constructor(
    private readonly dataSource: DataSource,
    private readonly store: DeadLetterStore,
    @Inject(BROKER) private readonly broker: Broker,
  ) {
    this.loop = new WokenLoop({
      dataSource,
      channel: replayChannel(dataSource),
      turn: () => this.replayDue(),
      onFailed: (error) => this.log.warn(`Scheduled letters not sent back yet: ${String(error)}`),
      backoff: BACKOFF,
    });
  }

  /** Begins; returns at once and never throws. */
  start(): void {
    this.loop.start();
  }

  /** Ends after the batch in hand. */
  stop(): Promise<void> {
    return this.loop.stop();
  }

  /**
   * Answers for how long there is nothing to do.
   * @throws PublishUnconfirmedError when the broker does not answer; what it had confirmed is stored
   */
  private async replayDue(): Promise<number> {
    const { claimed, gone } = await inTransaction(
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
        return { claimed: letters.length, gone: brokerGone };
      },
      // Sent is sent: a second attempt of the transaction would publish everything again.
      { attempts: 1 },
    );
    if (gone) throw gone;
    const dueMs = Math.min((await this.store.nextDueMs()) ?? POLL_MS, POLL_MS);
    return claimed > 0 ? dueMs : Math.max(dueMs, LOCKED_REST_MS);
  }
}
