import { compileSchema, ShopLogEntryV1, type ShopLogRecordedV1, shopLogRecordedQueue } from '@lockstep/contracts';
import { ack, dead, QueueHandler, type ReceivedMessage, retry, type Verdict } from '@lockstep/messaging';
import type { WriteOutcome } from '@lockstep/search';
import { failpoint } from '@lockstep/service';
import { Controller } from '@nestjs/common';
import { LogIndex } from './log-index.js';

const ENTRY = compileSchema(ShopLogEntryV1);

/**
 * Writes entries to the log. Each has its own id, so that a second delivery writes the same documents again. A message with
 * an entry that no index can hold is parked after its others were written.
 */
@Controller()
export class LogEntriesConsumer {
  constructor(private readonly index: LogIndex) {}

  @QueueHandler(shopLogRecordedQueue, { batchSize: 50, batchWaitMs: 500, prefetch: 200, concurrency: 2 })
  async handle(messages: ReceivedMessage<ShopLogRecordedV1>[]): Promise<Verdict[]> {
    const faults = messages.map(({ payload }) => payload.items.flatMap((item) => ENTRY.check(item)));
    const entries = messages.map(({ payload }) => payload.items.filter((item) => ENTRY.check(item).length === 0));
    const outcomes = await this.index.write(entries.flat());
    failpoint('shop-update.log.written');
    let place = 0;
    return messages.map((_, at) => {
      const own = outcomes.slice(place, place + entries[at]!.length);
      place += entries[at]!.length;
      return toVerdict(faults[at]!, own);
    });
  }
}

function toVerdict(faults: readonly string[], outcomes: readonly WriteOutcome[]): Verdict {
  const pending = outcomes.find(({ status }) => status === 'retryable' || status === 'missing');
  if (pending) return retry('reason' in pending ? pending.reason : 'the index of the day is gone');
  const rejected = outcomes.find(({ status }) => status === 'rejected');
  if (rejected && 'reason' in rejected) return dead(`ENTRY_REJECTED: ${rejected.reason}`);
  return faults.length > 0 ? dead(`ENTRY_INVALID: ${faults[0]}`) : ack();
}
