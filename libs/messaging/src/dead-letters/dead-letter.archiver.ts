import type { QueueDefinition } from '@lockstep/contracts';
import { inTransaction, isDatabaseUnavailable } from '@lockstep/database';
import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BROKER, type Broker, type Delivery, type Settlement, type Subscription } from '../broker/broker.js';
import { backoffMs, pause } from '../broker/waiting.js';
import { DeadLetterStore } from './dead-letter.store.js';
import { DEAD_LETTER_LISTENER, type DeadLetterListener, type ParkedLetter, toParkedLetter } from './parked-letter.js';

const HOW_TO_CONSUME = { prefetch: 50, batchSize: 25, batchWaitMs: 50, concurrency: 1 };
const STORE_BACKOFF = { firstMs: 250, maxMs: 15_000 };
/** A letter that the database refuses stays in the broker; it is looked at again no faster than this. */
const REFUSED_PAUSE_MS = 5_000;

/** Moves what is parked in the broker to the table `dead_letter`: a second delivery changes nothing, none is lost. */
@Injectable()
export class DeadLetterArchiver {
  private readonly log = new Logger('dead-letters');

  constructor(
    private readonly dataSource: DataSource,
    private readonly store: DeadLetterStore,
    @Inject(BROKER) private readonly broker: Broker,
    @Optional() @Inject(DEAD_LETTER_LISTENER) private readonly listener?: DeadLetterListener,
  ) {}

  /** Archives `<queue>.dead` of each queue until the broker is drained. */
  start(queues: readonly QueueDefinition[]): Subscription[] {
    return queues.map((queue) =>
      this.broker.subscribeDead(queue, HOW_TO_CONSUME, (deliveries, draining) =>
        this.archive(queue.name, deliveries, draining),
      ),
    );
  }

  private async archive(queue: string, deliveries: readonly Delivery[], draining: AbortSignal): Promise<Settlement[]> {
    const letters = deliveries.map((delivery) => toParkedLetter(queue, delivery));
    if (await this.isStored(letters, draining)) return letters.map(() => ({ kind: 'ack' }));
    // One letter that cannot be stored must not keep its neighbours out.
    const settlements: Settlement[] = [];
    for (const letter of letters) {
      const stored = !draining.aborted && (await this.isStored([letter], draining));
      settlements.push(stored ? { kind: 'ack' } : { kind: 'release' });
    }
    const isAnyLeft = settlements.some(({ kind }) => kind === 'release');
    if (isAnyLeft) await pause(REFUSED_PAUSE_MS, draining);
    return settlements;
  }

  /** False when the database refuses the letters; one that is away is waited for, until the service drains. */
  private async isStored(letters: readonly ParkedLetter[], draining: AbortSignal): Promise<boolean> {
    for (let failures = 0; ; failures += 1) {
      try {
        await this.park(letters);
        return true;
      } catch (error) {
        this.log.error(`${letters.length} dead letters of ${letters[0]?.queue} not stored: ${String(error)}`);
        if (!isDatabaseUnavailable(error) || draining.aborted) return false;
        await pause(backoffMs(failures, STORE_BACKOFF), draining);
      }
    }
  }

  private async park(letters: readonly ParkedLetter[]): Promise<void> {
    await inTransaction(this.dataSource, async (manager) => {
      const parked = await this.store.park(manager, letters);
      if (parked.length > 0) await this.listener?.parked(parked, manager);
    });
  }
}
