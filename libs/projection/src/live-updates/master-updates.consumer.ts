import type { MasterDoctorsUpdatedV1 } from '@lockstep/contracts';
import { QueueHandler, type ReceivedMessage, type Verdict } from '@lockstep/messaging';
import { Controller, type Type } from '@nestjs/common';
import type { Projection } from '../projection.js';
import { LiveUpdates } from './live-updates.js';

/** The controller that takes changed master doctors from the service's own queue, up to 50 messages at a time. */
export function masterUpdatesConsumer({ updatedQueue }: Pick<Projection, 'updatedQueue'>): Type {
  @Controller()
  class MasterUpdatesConsumer {
    constructor(private readonly updates: LiveUpdates) {}

    @QueueHandler(updatedQueue, { batchSize: 50, batchWaitMs: 20, prefetch: 100 })
    handle(messages: ReceivedMessage<MasterDoctorsUpdatedV1>[]): Promise<Verdict[]> {
      return this.updates.take(messages);
    }
  }
  return MasterUpdatesConsumer;
}
