import { type ReturnSyncProcessingV1, returnSyncProcessingQueue } from '@lockstep/contracts';
import { ack, QueueHandler, type ReceivedMessage, retry, type Verdict } from '@lockstep/messaging';
import { Controller } from '@nestjs/common';
import { type PageResult, PageWorker } from './page-worker.js';

const PAGES_AT_ONCE = 4;
/** What a page may take; far below the time after which a broker takes a delivery back. */
const PAGE_LIMIT_MS = 60_000;
const AGAIN_AFTER_MS = 10_000;

/** Writes pages of planned runs into the index. */
@Controller()
export class ReturnSyncProcessingConsumer {
  constructor(private readonly worker: PageWorker) {}

  @QueueHandler(returnSyncProcessingQueue, { prefetch: PAGES_AT_ONCE, concurrency: PAGES_AT_ONCE })
  async handle(messages: ReceivedMessage<ReturnSyncProcessingV1>[]): Promise<Verdict[]> {
    const signal = AbortSignal.timeout(PAGE_LIMIT_MS);
    const verdicts: Verdict[] = [];
    for (const { payload } of messages) {
      verdicts.push(toVerdict(await this.worker.process(payload, payload.pageNo, signal)));
    }
    return verdicts;
  }
}

/** A page in another hand is asked for again after the waits of the queue, the last of which is beyond any lease. */
function toVerdict(result: PageResult): Verdict {
  if (result === 'again') return retry('RETURNS_LEFT: some returns are to be tried again', AGAIN_AFTER_MS);
  if (result === 'inHand') return retry('PAGE_IN_HAND: another worker has the page');
  return ack();
}
