import { inTransaction } from '@lockstep/database';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { BROKER, type Broker } from '../broker/broker.js';
import {
  type DeadLetter,
  type DeadLetterCause,
  type DeadLetterFilter,
  type DeadLetterState,
  DeadLetterStore,
  type DeadLetterSummary,
} from './dead-letter.store.js';
import { toReplay } from './to-replay.js';

export class DeadLetterNotFoundError extends Error {
  override readonly name = 'DeadLetterNotFoundError';

  constructor(readonly id: number) {
    super(`There is no dead letter ${id}`);
  }
}

/** Only a letter that waits, parked or scheduled, can be replayed or discarded; someone was faster. */
export class DeadLetterNotParkedError extends Error {
  override readonly name = 'DeadLetterNotParkedError';

  constructor(
    readonly id: number,
    readonly state: DeadLetterState,
  ) {
    super(`Dead letter ${id} is ${state} already`);
  }
}

/** Notified when letters were scheduled; channels are of the whole database, so the schema is in the name. */
export function replayChannel({ options }: DataSource): string {
  return `dead_letter_replay_${options.type === 'postgres' ? (options.schema ?? 'public') : 'public'}`;
}

/** What an operator does about parked messages. */
@Injectable()
export class DeadLetters {
  constructor(
    private readonly dataSource: DataSource,
    private readonly store: DeadLetterStore,
    @Inject(BROKER) private readonly broker: Broker,
  ) {}

  /** Newest first; `page` from 1. Without bodies. */
  list(
    filter: DeadLetterFilter,
    page: { readonly page: number; readonly pageSize: number },
  ): Promise<{ items: DeadLetterSummary[]; total: number }> {
    return this.store.list(filter, page);
  }

  /** @throws DeadLetterNotFoundError */
  async get(id: number): Promise<DeadLetter> {
    const letter = await this.store.find(this.dataSource.manager, id, 'no lock');
    if (!letter) throw new DeadLetterNotFoundError(id);
    return letter;
  }

  /**
   * Sends a letter straight back to the queue it died in, as a first attempt and under its own message id. After a crash
   * between publishing and storing it is still parked, and replaying it again repeats a message that consumers recognise.
   * @throws DeadLetterNotFoundError, DeadLetterNotParkedError, and what publishing throws: then it is still parked
   */
  async replay(id: number): Promise<void> {
    await inTransaction(
      this.dataSource,
      async (manager) => {
        const letter = await this.lockWaiting(manager, id);
        await this.broker.publish(toReplay(letter));
        await this.store.setState(manager, id, 'replayed', letter.replays + 1);
      },
      { attempts: 1 },
    );
  }

  /** @throws DeadLetterNotFoundError, DeadLetterNotParkedError */
  async discard(id: number): Promise<void> {
    await inTransaction(this.dataSource, async (manager) => {
      const letter = await this.lockWaiting(manager, id);
      await this.store.setState(manager, id, 'discarded', letter.replays);
    });
  }

  /** Groups of letters with the same queue, type, cause and state. */
  causes(filter: DeadLetterFilter): Promise<DeadLetterCause[]> {
    return this.store.causes(filter);
  }

  count(filter: DeadLetterFilter): Promise<number> {
    return this.store.count(filter);
  }

  /**
   * Schedules every parked letter that matches to be sent back, oldest first and so many a second, after those scheduled
   * before; answers how many. The service sends them in the background, goes on after a crash, and may be told to stop by
   * {@link cancelReplay}.
   */
  async replayMatching(
    filter: DeadLetterFilter,
    { ratePerSecond }: { readonly ratePerSecond: number },
  ): Promise<number> {
    return inTransaction(this.dataSource, async (manager) => {
      const count = await this.store.schedule(manager, filter, ratePerSecond);
      // Delivered at the commit.
      if (count > 0) await manager.query('SELECT pg_notify($1, $2)', [replayChannel(this.dataSource), String(count)]);
      return count;
    });
  }

  /** Scheduled letters that match are parked again; answers how many. */
  cancelReplay(filter: DeadLetterFilter): Promise<number> {
    return this.store.moveMatching(filter, ['scheduled'], 'parked');
  }

  /** Discards every letter that matches and waits; answers how many. */
  discardMatching(filter: DeadLetterFilter): Promise<number> {
    return this.store.moveMatching(filter, ['parked', 'scheduled'], 'discarded');
  }

  private async lockWaiting(manager: EntityManager, id: number): Promise<DeadLetter> {
    const letter = await this.store.find(manager, id, 'lock');
    if (!letter) throw new DeadLetterNotFoundError(id);
    if (letter.state !== 'parked' && letter.state !== 'scheduled') throw new DeadLetterNotParkedError(id, letter.state);
    return letter;
  }
}
