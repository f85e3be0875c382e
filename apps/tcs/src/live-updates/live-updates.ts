import { londonDate, type TraineeItemV1, traineesUpdated } from '@lockstep/contracts';
import { Outbox } from '@lockstep/messaging';
import { Clock } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { traineeExtraction } from '../extraction/trainee-extraction.js';

/** People read at a time: renaming a programme shows in thousands. */
const PEOPLE_A_READING = 1_000;
/** People a message carries at most. */
const ITEMS_A_MESSAGE = 200;

/** Tells the master of people who have changed, through the outbox: with the change, or not at all. */
@Injectable()
export class LiveUpdates {
  constructor(
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  /**
   * Puts the messages about these people, as the transaction has left them, into the outbox. Read as a rebuild reads them,
   * so that both tell the same; to be called last in the transaction.
   */
  async tell(manager: EntityManager, personIds: readonly number[]): Promise<void> {
    if (personIds.length === 0) return;
    const asOf = londonDate(this.clock.now());
    // Freshly filled tables have old statistics, with which a scan of a whole table looks cheaper than its index.
    await manager.query('SET LOCAL enable_seqscan = off; SET LOCAL jit = off');
    for (const ids of portions(personIds, PEOPLE_A_READING)) {
      const items = await traineeExtraction.readItems(manager, ids.map(String), asOf);
      const messages = portions<TraineeItemV1>(items, ITEMS_A_MESSAGE);
      await this.outbox.addAll(
        manager,
        traineesUpdated,
        messages.map((part) => ({ payload: { items: part } })),
      );
    }
  }
}

function portions<T>(values: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    values.slice(index * size, (index + 1) * size),
  );
}
