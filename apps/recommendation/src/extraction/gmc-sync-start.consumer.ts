import { recommendationSyncStartQueue, type SyncStartV1 } from '@lockstep/contracts';
import { ExtractionCommands } from '@lockstep/extraction';
import { QueueHandler, type ReceivedMessage, type Verdict } from '@lockstep/messaging';
import { Controller } from '@nestjs/common';

/** Takes the commands to send all GMC doctors, or some batches of them again. */
@Controller()
export class GmcSyncStartConsumer {
  constructor(private readonly commands: ExtractionCommands) {}

  @QueueHandler(recommendationSyncStartQueue)
  handle(batch: ReceivedMessage<SyncStartV1>[]): Promise<Verdict[]> {
    return this.commands.take(batch);
  }
}
