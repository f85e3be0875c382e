import { inTransaction } from '@lockstep/database';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { BROKER, type Broker } from '../broker/broker.js';
import { headersForReplay } from '../broker/message-headers.js';
import {
  type DeadLetter,
  type DeadLetterFilter,
  type DeadLetterState,
  DeadLetterStore,
  type DeadLetterSummary,
} from './dead-letter.store.js';

export class DeadLetterNotFoundError extends Error {
  override readonly name = 'DeadLetterNotFoundError';

  constructor(readonly id: number) {
    super(`There is no dead letter ${id}`);
  }
}

/** Only a parked letter can be replayed or discarded; someone was faster. */
export class DeadLetterNotParkedError extends Error {
  override readonly name = 'DeadLetterNotParkedError';

  constructor(
    readonly id: number,
    readonly state: DeadLetterState,
  ) {
    super(`Dead letter ${id} is ${state} already`);
  }
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
    await inTransaction(this.dataSource, async (manager) => {
      const letter = await this.lockParked(manager, id);
      const replays = letter.replays + 1;
      await this.broker.publish({
        exchange: '',
        routingKey: letter.queue,
        body: letter.body,
        properties: {
          ...letter.properties,
          messageId: letter.messageId,
          headers: headersForReplay(letter.properties.headers, replays),
        },
      });
      await this.store.setState(manager, id, 'replayed', replays);
    });
  }

  /** @throws DeadLetterNotFoundError, DeadLetterNotParkedError */
  async discard(id: number): Promise<void> {
    await inTransaction(this.dataSource, async (manager) => {
      const letter = await this.lockParked(manager, id);
      await this.store.setState(manager, id, 'discarded', letter.replays);
    });
  }

  private async lockParked(manager: EntityManager, id: number): Promise<DeadLetter> {
    const letter = await this.store.find(manager, id, 'lock');
    if (!letter) throw new DeadLetterNotFoundError(id);
    if (letter.state !== 'parked') throw new DeadLetterNotParkedError(id, letter.state);
    return letter;
  }
}
