import { connectionSyncStartQueue, type SyncStartV1 } from '@lockstep/contracts';
import { ExtractionCommands } from '@lockstep/extraction';
import { QueueHandler, type ReceivedMessage, type Verdict } from '@lockstep/messaging';
import { Controller } from '@nestjs/common';

/** Takes the commands to send all people, or some batches of them again. */
@Controller()
export class SyncStartConsumer {
  constructor(private readonly commands: ExtractionCommands) {}

  @QueueHandler(connectionSyncStartQueue)
  handle(batch: ReceivedMessage<SyncStartV1>[]): Promise<Verdict[]> {
    return this.commands.take(batch);
  }
}
