import { type TraineesUpdatedV1, traineeUpdatedQueue } from '@lockstep/contracts';
import { QueueHandler, type ReceivedMessage, type Verdict } from '@lockstep/messaging';
import { Controller } from '@nestjs/common';
import { MergeStore } from '../merge/merge.store.js';
import { traineeSource } from '../merge/source.js';
import { LiveMerge } from './live-merge.js';

/** Takes changes of people as they happen. */
@Controller()
export class TraineeUpdatesConsumer {
  constructor(
    private readonly live: LiveMerge,
    private readonly merge: MergeStore,
  ) {}

  @QueueHandler(traineeUpdatedQueue, { batchSize: 20, batchWaitMs: 10, prefetch: 20 })
  handle(messages: ReceivedMessage<TraineesUpdatedV1>[]): Promise<Verdict[]> {
    return this.live.take(traineeSource(this.merge), messages);
  }
}
