import { type GmcDoctorsUpdatedV1, gmcDoctorUpdatedQueue } from '@lockstep/contracts';
import { QueueHandler, type ReceivedMessage, type Verdict } from '@lockstep/messaging';
import { Controller } from '@nestjs/common';
import { MergeStore } from '../merge/merge.store.js';
import { gmcSource } from '../merge/source.js';
import { LiveMerge } from './live-merge.js';

/** Takes changes of GMC doctors and their recommendations as they happen. */
@Controller()
export class GmcDoctorUpdatesConsumer {
  constructor(
    private readonly live: LiveMerge,
    private readonly merge: MergeStore,
  ) {}

  @QueueHandler(gmcDoctorUpdatedQueue, { batchSize: 20, batchWaitMs: 10, prefetch: 20 })
  handle(messages: ReceivedMessage<GmcDoctorsUpdatedV1>[]): Promise<Verdict[]> {
    return this.live.take(gmcSource(this.merge), messages);
  }
}
