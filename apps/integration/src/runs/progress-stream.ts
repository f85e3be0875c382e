import { setTimeout as delay } from 'node:timers/promises';
import type { StreamEvent } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { EventStore } from './event.store.js';
import { toRunAnswer } from './run.answer.js';
import { isActive } from './run.js';
import { RunStore } from './run.store.js';

/** How often the table of events is looked at for each client. */
const POLL_MS = 500;
const PAGE = 100;

/** A run's events for one client, from the table: any replica may serve them, and a client may come back to another. */
@Injectable()
export class ProgressStream {
  constructor(
    private readonly events: EventStore,
    private readonly runs: RunStore,
  ) {}

  /** Ends after the event `end`. */
  async *follow(runId: string, lastEventId: string | undefined, signal: AbortSignal): AsyncGenerator<StreamEvent> {
    let after = /^\d{1,15}$/.test(lastEventId ?? '') ? Number(lastEventId) : 0;
    while (!signal.aborted) {
      const events = await this.events.after(runId, after, PAGE);
      for (const event of events) {
        yield { id: String(event.id), type: event.type, data: event.data };
        after = event.id;
        if (event.type === 'end') return;
      }
      if (events.length === PAGE) continue;
      if (events.length === 0) {
        const run = await this.runs.load(runId);
        // The orchestrator may have died between the run's end and its event.
        if (run && !isActive(run.state)) {
          yield { id: String(after + 1), type: 'end', data: toRunAnswer(run) };
          return;
        }
      }
      await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
