import type { Logger } from '@nestjs/common';
import type { MessagingCounters } from '../counters.js';
import { backoffMs, pause } from './waiting.js';

const REOPEN_BACKOFF = { firstMs: 200, maxMs: 5_000 };

/** What a subscription does again and again. */
export interface Consuming {
  readonly queue: string;
  /** Consumes until that is lost, and answers why; calls `opened` once it consumes. */
  readonly consumeUntilLost: (opened: () => void) => Promise<string>;
  /** Before each wait. */
  readonly onWaiting: () => void;
  readonly stopping: AbortSignal;
  readonly counters: MessagingCounters;
  readonly log: Logger;
}

/** Consumes a queue until it is stopped, one consumer after the other; waits grow with each that did not come to consume. */
export async function keepConsuming(consuming: Consuming): Promise<void> {
  const { queue, consumeUntilLost, onWaiting, stopping, counters, log } = consuming;
  for (let failures = 0; !stopping.aborted; failures += 1) {
    const lost = await consumeUntilLost(() => {
      failures = 0;
    }).then(
      (reason) => `Consumer of ${queue} lost: ${reason}`,
      (error: unknown) => `${queue} cannot be consumed: ${String(error)}`,
    );
    if (stopping.aborted) return;
    log.warn(lost);
    onWaiting();
    counters.add('messaging_channel_reopens_total', { queue });
    await pause(backoffMs(failures, REOPEN_BACKOFF), stopping);
  }
}
