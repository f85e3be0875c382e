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
  /** On RabbitMQ: redeliveries of the message under which it was known to its queue before. */
  redeliveries: 'x-redeliveries',
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

/** Headers of a delivery that joins the end of its queue; `redeliveries` it had, where those still count. */
export function headersForRequeue(delivery: Delivery, redeliveries: number): MessageHeaders {
  return { ...carried(delivery), ...(redeliveries > 0 && { [HEADER.redeliveries]: redeliveries }) };
}

/** Headers of a parked message that an operator sends back: a first attempt again, its replays counted. */
export function headersForReplay(headers: MessageHeaders, replays: number): MessageHeaders {
  const { [HEADER.deadReason]: _reason, [HEADER.deadAt]: _at, [HEADER.retryReason]: _retry, ...kept } = headers;
  return { ...withoutBrokersOwn(kept), [HEADER.attempt]: 1, [HEADER.replays]: replays };
}

function carried(delivery: Delivery): MessageHeaders {
  return {
    ...withoutBrokersOwn(delivery.properties.headers),
    [HEADER.originalExchange]: delivery.exchange,
    [HEADER.originalRoutingKey]: delivery.routingKey,
  };
}

/** What a broker writes about a message, and our own count that goes with it: nothing of that is true of the next one. */
const BROKERS_OWN = /^x-(death|(first|last)-death-.*|delivery-count|acquired-count|redeliveries)$/;

// RabbitMQ 3.x takes a republished `x-death` for its own and drops a message that it believes to go in circles.
function withoutBrokersOwn(headers: MessageHeaders): MessageHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !BROKERS_OWN.test(name)));
}
