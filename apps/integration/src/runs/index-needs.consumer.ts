import { type IndexRebuildNeededV1, indexRebuildNeededQueue } from '@lockstep/contracts';
import { ack, QueueHandler, type ReceivedMessage, type Verdict } from '@lockstep/messaging';
import { Controller } from '@nestjs/common';
import { NeededRun } from './needed-run.js';

/** Takes the word of projecting services whose index needs a rebuild; they repeat it until they have one. */
@Controller()
export class IndexNeedsConsumer {
  constructor(private readonly needed: NeededRun) {}

  @QueueHandler(indexRebuildNeededQueue)
  async handle(messages: ReceivedMessage<IndexRebuildNeededV1>[]): Promise<Verdict[]> {
    for (const { payload } of messages) await this.needed.start(payload);
    return messages.map(() => ack());
  }
}
