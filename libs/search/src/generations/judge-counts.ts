/** What a new generation shows, beside what the one being served shows. */
export interface ShownCounts {
  readonly live: number;
  /** Null when there is nothing to compare with. */
  readonly formerLive: number | null;
  readonly aliases: Readonly<Record<string, { readonly live: number; readonly formerLive: number | null }>>;
}

/** Losing more than this share of the documents, or gaining more than the other, needs a person's word. */
const MAX_LOSS = 0.05;
const MAX_GAIN = 0.2;

/** True when so much is gone that a person must say yes: over 5 % of what there was. Where nothing was, nothing can be lost. */
export function exceedsLoss(formerLive: number, live: number): boolean {
  return formerLive > 0 && (live - formerLive) / formerLive < -MAX_LOSS;
}

/**
 * Why a correct copy of the source still looks wrong: a source that suddenly lost or gained much, or an alias that showed
 * documents and would show none. Empty when nothing does. A former generation without documents proves nothing.
 */
export function judgeCounts({ live, formerLive, aliases }: ShownCounts): string[] {
  const reasons: string[] = [];
  if (formerLive) {
    const change = (live - formerLive) / formerLive;
    if (exceedsLoss(formerLive, live) || change > MAX_GAIN) {
      reasons.push(`${formerLive} documents are served now and ${live} would be (${toPercent(change)}).`);
    }
  }
  for (const [alias, shown] of Object.entries(aliases)) {
    if (shown.formerLive && shown.live === 0)
      reasons.push(`${alias} shows ${shown.formerLive} documents now and none then.`);
  }
  return reasons;
}

/** `-6.0 %`, `+20.1 %`. */
export function toPercent(change: number): string {
  return `${change > 0 ? '+' : ''}${(change * 100).toFixed(1)} %`;
}
