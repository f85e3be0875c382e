/** How a failure is followed by another attempt. */
export interface RetrySettings {
  /** Attempts after the first. */
  readonly maxRetries: number;
  /** From so many failures on somebody should look; it is tried on nevertheless. */
  readonly attentionAfterFailures: number;
  /** Adds up to a tenth to each delay, at most 15 minutes. Never takes away. */
  readonly jitter: boolean;
}

/** What has happened to an item so far. */
export interface Tries {
  /** Retries that were spent, the one just failed included. */
  readonly retryNo: number;
  readonly failures: number;
}

export type AfterFailure =
  | {
      readonly kind: 'retry';
      readonly at: Date;
      readonly retryNo: number;
      readonly failures: number;
      readonly attention: boolean;
    }
  | { readonly kind: 'failed'; readonly failures: number; readonly attention: boolean };

const MINUTE_MS = 60_000;
/** Eight hours: at least three attempts a day. */
const MAX_DELAY_MINUTES = 480;
const MAX_JITTER_MS = 15 * MINUTE_MS;

/** Minutes between a failure and the retry with the number `retryNo`, counted from 1: its cube, up to eight hours. */
export function retryDelayMinutes(retryNo: number): number {
  return Math.min(retryNo ** 3, MAX_DELAY_MINUTES);
}

/**
 * What follows a failure at `now`. A wait that the shop asks for counts where it is the longer one, up to eight hours.
 * `random` from 0 to 1.
 */
export function decideAfterFailure(
  { retryNo, failures: before }: Tries,
  settings: RetrySettings,
  {
    now,
    retryAfterMs = 0,
    random = 0,
  }: { readonly now: Date; readonly retryAfterMs?: number; readonly random?: number },
): AfterFailure {
  const failures = before + 1;
  const attention = failures >= settings.attentionAfterFailures;
  if (retryNo >= settings.maxRetries) return { kind: 'failed', failures, attention };
  const next = retryNo + 1;
  const delayMs = retryDelayMinutes(next) * MINUTE_MS;
  const jitterMs = settings.jitter ? Math.min(delayMs / 10, MAX_JITTER_MS) * random : 0;
  const askedMs = Math.min(retryAfterMs, MAX_DELAY_MINUTES * MINUTE_MS);
  const at = new Date(now.getTime() + Math.max(delayMs + jitterMs, askedMs));
  return { kind: 'retry', at, retryNo: next, failures, attention };
}

/** The instants of the retries that are left, were each to fail as soon as it is made; the first is due at `nextAt`. */
export function retryPlan(retryNo: number, nextAt: Date, { maxRetries }: Pick<RetrySettings, 'maxRetries'>): Date[] {
  const plan: Date[] = [];
  for (let no = retryNo, at = nextAt.getTime(); no <= maxRetries; no += 1) {
    plan.push(new Date(at));
    at += retryDelayMinutes(no + 1) * MINUTE_MS;
  }
  return plan;
}
