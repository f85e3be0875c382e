import { Injectable } from '@nestjs/common';
import type { Counts } from './decide-page.js';

/** What this process has counted since its start. */
@Injectable()
export class SyncCounters {
  takeovers = 0;
  fenced = 0;
  drift = 0;
  readonly items = { indexed: 0, noop: 0, tombstoned: 0, failed: 0 };

  addItems(counts: Counts): void {
    for (const outcome of ['indexed', 'noop', 'tombstoned', 'failed'] as const) this.items[outcome] += counts[outcome];
  }
}
