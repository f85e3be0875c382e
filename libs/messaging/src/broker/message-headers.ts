import type { Delivery, MessageHeaders } from './broker.js';

/** Names of the headers that Lockstep sets or reads. */
export const HEADER = {
  version: 'x-message-version',
  attempt: 'x-attempt',
  runId: 'x-run-id',
  fence: 'x-fence',
  sequence: 'x-sequence',
  itemCount: 'x-item-count',
  traceparent: 'traceparent',
  retryReason: 'x-retry-reason',
  deadReason: 'x-dead-reason',
  deadAt: 'x-dead-at',
  originalExchange: 'x-original-exchange',
  originalRoutingKey: 'x-original-routing-key',
  /** How often an operator sent a parked message back. */
  replays: 'x-replays',
} as const;

/** The longest reason that travels in a header, in characters. */
const REASON_LIMIT = 1_000;

/** A header as a number; undefined where it is absent or is no finite number. */
export function numberHeader(headers: MessageHeaders, name: string): number | undefined {
  const value = headers[name];
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** A header as text; undefined where it is absent or is no string. */
export function textHeader(headers: MessageHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** Which attempt a message is on; a stranger's message without the header is on its first. */
export function attemptOf(headers: MessageHeaders): number {
  const attempt = numberHeader(headers, HEADER.attempt);
  return attempt !== undefined && attempt >= 1 ? Math.floor(attempt) : 1;
}

/** Headers of a delivery that will be tried again: the next attempt's number, why, and where it first came from. */
export function headersForRetry(delivery: Delivery, reason: string): MessageHeaders {
  return {
    ...carried(delivery),
    [HEADER.attempt]: delivery.attempt + 1,
    [HEADER.retryReason]: reason.slice(0, REASON_LIMIT),
  };
}

/** Headers of a delivery that is parked: the attempts it had, why, when, and where it first came from. */
export function headersForDead(delivery: Delivery, reason: string, now: Date): MessageHeaders {
  return {
    ...carried(delivery),
    [HEADER.attempt]: delivery.attempt,
    [HEADER.deadReason]: reason.slice(0, REASON_LIMIT),
    [HEADER.deadAt]: now.toISOString(),
  };
}

/** Headers of a parked message that an operator sends back: a first attempt again, its replays counted. */
export function headersForReplay(headers: MessageHeaders, replays: number): MessageHeaders {
  const { [HEADER.deadReason]: _reason, [HEADER.deadAt]: _at, [HEADER.retryReason]: _retry, ...kept } = headers;
  return { ...withoutDeaths(kept), [HEADER.attempt]: 1, [HEADER.replays]: replays };
}

function carried(delivery: Delivery): MessageHeaders {
  return {
    ...withoutDeaths(delivery.properties.headers),
    [HEADER.originalExchange]: delivery.exchange,
    [HEADER.originalRoutingKey]: delivery.routingKey,
  };
}

// RabbitMQ 3.x takes a republished `x-death` for its own and drops a message that it believes to go in circles.
function withoutDeaths(headers: MessageHeaders): MessageHeaders {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name !== 'x-death' && !/^x-(first|last)-death-/.test(name)),
  );
}
