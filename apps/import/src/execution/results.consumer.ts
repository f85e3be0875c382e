import { type ImportResultV1, importResultQueue } from '@lockstep/contracts';
import { inTransaction } from '@lockstep/database';
import { ack, dead, QueueHandler, type ReceivedMessage, type Verdict } from '@lockstep/messaging';
import { failpoint } from '@lockstep/service';
import { Controller } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Execution } from './execution.js';

/** Takes what owners answer. Answers of one batch that arrive together are one transaction: far fewer locks and writes. */
@Controller()
export class ResultsConsumer {
  constructor(
    private readonly dataSource: DataSource,
    private readonly execution: Execution,
  ) {}

  @QueueHandler(importResultQueue, { batchSize: 20, batchWaitMs: 10, prefetch: 80, concurrency: 2 })
  async handle(messages: ReceivedMessage<ImportResultV1>[]): Promise<Verdict[]> {
    const verdicts = new Map<ReceivedMessage, Verdict>();
    for (const batchId of new Set(messages.map(({ payload }) => payload.importBatchId))) {
      const group = messages.filter(({ payload }) => payload.importBatchId === batchId);
      const reasons = await inTransaction(this.dataSource, (manager) =>
        this.execution.applyResults(
          manager,
          batchId,
          group.map(({ payload }) => payload),
        ),
      );
      failpoint('import.result.committed');
      for (const [index, message] of group.entries()) {
        const reason = reasons[index];
        verdicts.set(message, reason ? dead(reason) : ack());
      }
    }
    return messages.map((message) => verdicts.get(message)!);
  }
}
