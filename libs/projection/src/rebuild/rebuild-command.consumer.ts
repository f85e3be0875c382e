import type { GetMasterCommandV1 } from '@lockstep/contracts';
import { ack, QueueHandler, type ReceivedMessage, type Verdict } from '@lockstep/messaging';
import { Controller, type Type } from '@nestjs/common';
import type { Projection } from '../projection.js';
import { RebuildStore } from './rebuild.store.js';
import { RebuildWorker } from './rebuild.worker.js';

/** The controller that takes commands to rebuild from the service's own queue and acknowledges them once stored. */
export function rebuildCommandConsumer({ rebuildQueue }: Pick<Projection, 'rebuildQueue'>): Type {
  @Controller()
  class RebuildCommandConsumer {
    constructor(
      private readonly store: RebuildStore,
      private readonly worker: RebuildWorker,
    ) {}

    @QueueHandler(rebuildQueue)
    async handle(commands: ReceivedMessage<GetMasterCommandV1>[]): Promise<Verdict[]> {
      for (const { payload } of commands) await this.store.take(payload);
      this.worker.wake();
      return commands.map(ack);
    }
  }
  return RebuildCommandConsumer;
}
