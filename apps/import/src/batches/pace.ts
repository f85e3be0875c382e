import type { StatusCounts, StoredBatch } from './batch.js';

/** How far a batch is, and how long it will take. */
export interface Pace {
  /** 0 to 100, rounded down: 100 is all. */
  readonly percent: number;
  /** Objects and links a second since the start; null before there is something to measure. */
  readonly ratePerSecond: number | null;
  readonly etaSeconds: number | null;
}

/** Below this a rate is noise. */
const SHORTEST_MEASURED_MS = 1_000;
const OPEN = ['processing', 'checking', 'creating'];

export function paceOf(
  batch: Pick<StoredBatch, 'state' | 'objects' | 'links' | 'startedAt' | 'finishedAt'>,
  now: Date,
): Pace {
  const total = sum(batch.objects) + sum(batch.links);
  const left = sum(batch.objects, OPEN) + sum(batch.links, OPEN);
  const percent = total === 0 ? (batch.finishedAt ? 100 : 0) : Math.floor((100 * (total - left)) / total);
  const elapsedMs = batch.startedAt ? (batch.finishedAt ?? now).getTime() - batch.startedAt.getTime() : 0;
  if (elapsedMs < SHORTEST_MEASURED_MS || total === left) return { percent, ratePerSecond: null, etaSeconds: null };
  const rate = ((total - left) / elapsedMs) * 1_000;
  const isRunning = batch.state === 'processingObjects';
  return {
    percent,
    ratePerSecond: Math.round(rate * 10) / 10,
    etaSeconds: isRunning ? Math.ceil(left / rate) : null,
  };
}

function sum(counts: StatusCounts, statuses: readonly string[] = Object.keys(counts)): number {
  return statuses.reduce((total, status) => total + (counts[status] ?? 0), 0);
}
