/** A batch that waits to be prepared. */
export interface WaitingBatch {
  readonly id: string;
  /** Of all its files. */
  readonly bytes: number;
}

/** From here on a batch takes long, and may take all but one of the places. */
export const LARGE_BYTES = 32 * 1024 * 1024;

/**
 * Which batches to prepare now, the longest waiting first. One place is kept from large ones, so that a small batch never
 * waits behind them.
 */
export function chooseBatches(
  waiting: readonly WaitingBatch[],
  working: ReadonlyMap<string, WaitingBatch>,
  places: number,
): WaitingBatch[] {
  const chosen: WaitingBatch[] = [];
  let free = places - working.size;
  let freeForLarge = Math.max(1, places - 1) - [...working.values()].filter(isLarge).length;
  for (const batch of waiting) {
    if (free <= 0) break;
    if (working.has(batch.id)) continue;
    if (isLarge(batch) && freeForLarge <= 0) continue;
    if (isLarge(batch)) freeForLarge--;
    free--;
    chosen.push(batch);
  }
  return chosen;
}

function isLarge({ bytes }: WaitingBatch): boolean {
  return bytes >= LARGE_BYTES;
}
