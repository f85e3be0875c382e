import { connectionSyncStartQueue, type SyncStartV1 } from '@lockstep/contracts';
import { ack, dead, QueueHandler, type ReceivedMessage, type Verdict } from '@lockstep/messaging';
import { failpoint } from '@lockstep/service';
import { Controller } from '@nestjs/common';
import { ExtractionStore } from './extraction.store.js';

/** Takes the commands to send people. The answer to a command is its plan in the database; sending is the worker's. */
@Controller()
export class SyncStartConsumer {
  constructor(private readonly extractions: ExtractionStore) {}

  @QueueHandler(connectionSyncStartQueue)
  async handle(batch: ReceivedMessage<SyncStartV1>[]): Promise<Verdict[]> {
    const verdicts: Verdict[] = [];
    for (const { payload } of batch) verdicts.push(await this.accept(payload));
    return verdicts;
  }

  private async accept(command: SyncStartV1): Promise<Verdict> {
    if (command.phase !== 'trainees') return dead(`PHASE_NOT_SERVED: ${command.phase} is not sent from here`);
    await this.extractions.accept(command);
    failpoint('tcs.extraction.planned');
    return ack();
  }
}
