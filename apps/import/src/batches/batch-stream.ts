import { setTimeout as delay } from 'node:timers/promises';
import type { StreamEvent } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { hasEnded } from './batch.js';
import { BatchStore } from './batch.store.js';
import { BatchEventStore, toEventData } from './batch-event.store.js';

/** How often the table of events is looked at for each client. */
const POLL_MS = 500;
const PAGE = 100;

/** A batch's events for one client, from the table: any replica may serve them, and a client may come back to another. */
@Injectable()
export class BatchStream {
  constructor(
    private readonly events: BatchEventStore,
    private readonly batches: BatchStore,
  ) {}

  /** Ends with the event `end` of the batch's last run. */
  async *follow(batchId: string, lastEventId: string | undefined, signal: AbortSignal): AsyncGenerator<StreamEvent> {
    let after = /^\d{1,15}$/.test(lastEventId ?? '') ? Number(lastEventId) : 0;
    let last: StreamEvent['type'] | undefined;
    while (!signal.aborted) {
      // Looked at before the events: what ends it comes before that is seen.
      const batch = await this.batches.load(batchId);
      const events = await this.events.after(batchId, after, PAGE);
      for (const { id, type, data } of events) {
        yield { id: String(id), type, data };
        after = id;
        last = type;
      }
      if (events.length === PAGE) continue;
      if (!batch) return;
      if (hasEnded(batch)) {
        if (last !== 'end') yield { id: String(after), type: 'end', data: toEventData(batch) };
        return;
      }
      await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
