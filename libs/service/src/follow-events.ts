import { setTimeout as delay } from 'node:timers/promises';
import type { StreamEvent } from './event-streams.js';

/** An event as it is kept in a table. */
export interface StoredEvent {
  /** A safe integer; ids only grow, so that a client can go on after the last it saw. */
  readonly id: number;
  readonly type: 'progress' | 'end';
  readonly data: object;
}

/** What the events are of, such as a run. */
export interface FollowedEvents {
  /** Its events with a greater id, the oldest first, at most `limit`. */
  readonly after: (id: number, limit: number) => Promise<readonly StoredEvent[]>;
  /** What its end says once it has ended; until then null. It may come to an end, and go on, more than once. */
  readonly readEnd: () => Promise<object | null>;
}

/** How often the table of events is looked at for each client. */
const POLL_MS = 500;
const PAGE = 100;

/**
 * Stored events for one client, from the table: any replica may serve them, and a client may come back to another. Stops
 * after an event `end` when all has ended, also where the event of that end was never written.
 */
export async function* followEvents(
  { after, readEnd }: FollowedEvents,
  lastEventId: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent> {
  let seen = /^\d{1,15}$/.test(lastEventId ?? '') ? Number(lastEventId) : 0;
  let last: StoredEvent['type'] | undefined;
  while (!signal.aborted) {
    // Looked at before the events: what comes before the end is told before it.
    const end = await readEnd();
    const events = await after(seen, PAGE);
    for (const { id, type, data } of events) {
      yield { id: String(id), type, data };
      seen = id;
      last = type;
    }
    if (events.length === PAGE) continue;
    if (end) {
      if (last !== 'end') yield { id: String(seen), type: 'end', data: end };
      return;
    }
    await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}
