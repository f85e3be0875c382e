/** Why an item is where it should have left long ago. */
export const STUCK_REASONS = [
  'no_worker',
  'backlog',
  'predecessor',
  'shop_paused',
  'circuit_open',
  'worker_gone',
  'no_callback',
] as const;
export type StuckReason = (typeof STUCK_REASONS)[number];

/** What is told to whoever looks at it. */
export interface StuckAdvice {
  readonly reason: StuckReason;
  readonly explanation: string;
  readonly advice: string;
}

const ADVICE: Readonly<Record<StuckReason, Omit<StuckAdvice, 'reason'>>> = {
  no_worker: {
    explanation: 'It is its turn, and nobody has taken it for more than a minute.',
    advice: 'See that a shop-update process runs and that its log shows no errors of the worker.',
  },
  backlog: {
    explanation: 'It is its turn; the workers are busy with others that came before.',
    advice: 'Nothing, if the backlog shrinks. Otherwise run another replica, or raise the limit of calls a second.',
  },
  predecessor: {
    explanation: 'An earlier change of the same product set must reach the shop first.',
    advice: 'Look at the item that it waits for: retry or cancel that one.',
  },
  shop_paused: {
    explanation: 'Its topic or its method is paused in the configuration, or no address of the shop is set.',
    advice: 'End the pause, or set the address, in the configuration of the shop.',
  },
  circuit_open: {
    explanation: 'Calls to the shop failed one after the other, so none is made for a while. No retry is used up.',
    advice: 'See whether the shop answers. What waits goes out by itself when it does.',
  },
  worker_gone: {
    explanation: 'The worker that had it has said nothing for more than a minute.',
    advice: 'It is taken over when the lease of the worker ends. If this repeats, look at the log of the worker.',
  },
  no_callback: {
    explanation: 'The shop acknowledged the call and has not called back in the time that is usual.',
    advice: 'Ask the shop for the request id, or set a time limit for callbacks, after which the call is repeated.',
  },
};

export function adviceOn(reason: StuckReason): StuckAdvice {
  return { reason, ...ADVICE[reason] };
}

/** Seconds that an item may wait for its turn, or be worked on, before somebody should know why. */
const PATIENCE_SECONDS = 60;

/** What of the settings and of the moment decides; numbers, so that they can stand in a statement. */
export interface StuckFacts {
  readonly now: Date;
  /** Longest that a call may take, in seconds. */
  readonly callSeconds: number;
  readonly ackAgeWarnSeconds: number;
}

/** Facts as they stand in a statement; `now` is SQL of the moment. */
type SqlFacts = Omit<StuckFacts, 'now'> & { readonly now: string };

/** What both of the following are made of, over `i` of `sync_item`. */
function partsOf({ now, callSeconds, ackAgeWarnSeconds }: SqlFacts) {
  // As a query of their own they are reckoned once, not for each of a million items.
  const before = (seconds: number): string => `(SELECT ${now} - interval '${Math.ceil(seconds)} seconds')`;
  const enteredBeforeNs = `(SELECT (extract(epoch FROM ${now}) - ${PATIENCE_SECONDS}) * 1000000000)`;
  const call = (column: string): string => `(SELECT c.${column} FROM sync_call c WHERE c.id = i.request_id)`;
  return {
    hasWaited: `i.enqueued_at_ns < ${enteredBeforeNs}`,
    isOverdue: `i.available_at < ${before(PATIENCE_SECONDS)}`,
    lacksCallback: `${call('acked_at')} < ${before(ackAgeWarnSeconds)}`,
    lacksAnswer: `${call('created_at')} < ${before(callSeconds + PATIENCE_SECONDS)}`,
    restsMidway: `(SELECT max(e.at) FROM sync_item_move e WHERE e.item_id = i.id) < ${before(PATIENCE_SECONDS)}`,
    isBusy: `EXISTS (SELECT FROM sync_call c WHERE c.created_at > ${before(PATIENCE_SECONDS)})`,
  };
}

/**
 * SQL for the reason, null for an item that is not stuck, over `i` of `sync_item`. The one truth for lists, counters and
 * metrics. `now` stands for SQL of the moment.
 */
export function stuckSql(facts: SqlFacts): string {
  const { hasWaited, isOverdue, lacksCallback, lacksAnswer, restsMidway, isBusy } = partsOf(facts);
  const isOpen = `EXISTS (SELECT FROM shop_breaker b WHERE b.open_until > ${facts.now} AND b.method = '*')`;
  const isReady = `(SELECT l.ready_item_id FROM sync_lane l WHERE l.product_set_id = i.product_set_id) = i.id`;
  return `(CASE
    WHEN i.finished_at IS NOT NULL OR i.status IN ('blocked', 'failed') THEN NULL
    WHEN i.status = 'pending' THEN
      CASE WHEN NOT ${hasWaited} THEN NULL
           WHEN ${isReady} IS NOT TRUE THEN 'predecessor'
           WHEN ${isOpen} THEN 'circuit_open'
           WHEN ${isBusy} THEN 'backlog'
           ELSE 'no_worker' END
    WHEN i.status = 'delayed' THEN
      CASE WHEN NOT ${hasWaited} THEN NULL
           WHEN i.reason = 'paused' THEN 'shop_paused'
           WHEN i.reason = 'circuit_open' THEN 'circuit_open'
           WHEN ${isOverdue} THEN 'no_worker' END
    WHEN i.status = 'got_acknowledgment' THEN
      CASE WHEN ${lacksCallback} THEN 'no_callback' END
    WHEN i.status = 'made_request' THEN
      CASE WHEN ${lacksAnswer} THEN 'worker_gone' END
    WHEN ${restsMidway} THEN 'worker_gone'
  END)`;
}

/** SQL for whether {@link stuckSql} gives a reason; which one it is costs more to know. */
export function isStuckSql(facts: SqlFacts): string {
  const { hasWaited, isOverdue, lacksCallback, lacksAnswer, restsMidway } = partsOf(facts);
  return `(CASE
    WHEN i.finished_at IS NOT NULL OR i.status IN ('blocked', 'failed') THEN false
    WHEN i.status = 'pending' THEN ${hasWaited}
    WHEN i.status = 'delayed' THEN ${hasWaited} AND (i.reason IN ('paused', 'circuit_open') OR ${isOverdue})
    WHEN i.status = 'got_acknowledgment' THEN ${lacksCallback}
    WHEN i.status = 'made_request' THEN ${lacksAnswer}
    ELSE ${restsMidway}
  END)`;
}
