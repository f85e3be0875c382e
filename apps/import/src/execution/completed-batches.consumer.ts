import { type ImportBatchMainCompleteV1, importBatchCompletedQueue } from '@lockstep/contracts';
import { ack, QueueHandler, type ReceivedMessage, type Verdict } from '@lockstep/messaging';
import { Controller } from '@nestjs/common';
import { LeftoverStore } from './leftover.store.js';

/** Removes what only the planning of an ended batch needed. */
@Controller()
export class CompletedBatchesConsumer {
  constructor(private readonly leftovers: LeftoverStore) {}

  @QueueHandler(importBatchCompletedQueue, { batchSize: 20, batchWaitMs: 50 })
  async handle(messages: ReceivedMessage<ImportBatchMainCompleteV1>[]): Promise<Verdict[]> {
    await this.leftovers.removeStaged(messages.map(({ payload }) => payload.importBatchId));
    return messages.map(ack);
  }
}
