import { gmcSyncData, gmcSyncDataQueue } from '@lockstep/contracts';
import { QueueHandler, type ReceivedMessage, type Verdict } from '@lockstep/messaging';
import { Controller } from '@nestjs/common';
import { MergeStore } from '../merge/merge.store.js';
import { gmcSource } from '../merge/source.js';
import { SourceIntake } from './source-intake.js';

/** Takes the GMC doctors of a rebuild. */
@Controller()
export class GmcDataConsumer {
  constructor(
    private readonly intake: SourceIntake,
    private readonly merge: MergeStore,
  ) {}

  @QueueHandler(gmcSyncDataQueue, { batchSize: 5, batchWaitMs: 20, prefetch: 10, concurrency: 2 })
  handle(messages: ReceivedMessage[]): Promise<Verdict[]> {
    return this.intake.take(gmcSource(this.merge), gmcSyncData, messages);
  }
}
