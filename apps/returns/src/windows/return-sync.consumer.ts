import { type ReturnSyncV1, returnSyncQueue } from '@lockstep/contracts';
import { ack, QueueHandler, type ReceivedMessage, type Verdict } from '@lockstep/messaging';
import { Controller } from '@nestjs/common';
import { Planner } from './planner.js';

/** Plans claimed runs. */
@Controller()
export class ReturnSyncConsumer {
  constructor(private readonly planner: Planner) {}

  @QueueHandler(returnSyncQueue, { prefetch: 1 })
  async handle(messages: ReceivedMessage<ReturnSyncV1>[]): Promise<Verdict[]> {
    for (const { payload } of messages) await this.planner.plan(payload);
    return messages.map(ack);
  }
}
