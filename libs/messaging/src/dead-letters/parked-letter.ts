import type { EntityManager } from 'typeorm';
import type { Delivery, MessageProperties } from '../broker/broker.js';
import { HEADER, numberHeader, textHeader } from '../broker/message-headers.js';
import { bodyId } from '../broker/message-id.js';

/** A message that was parked, as it stands in the table `dead_letter`. */
export interface ParkedLetter {
  /** The queue whose handler could not do with it, without `.dead`. */
  readonly queue: string;
  readonly messageId: string;
  readonly type: string | null;
  readonly exchange: string;
  readonly routingKey: string;
  readonly properties: MessageProperties;
  readonly body: Buffer;
  /** Begins with a stable code. */
  readonly reason: string;
  readonly attempts: number;
  /** How often it was sent back before. */
  readonly replays: number;
  readonly runId: string | null;
  readonly sequence: number | null;
  readonly itemCount: number | null;
}

/** Told of letters in the transaction that stores them: each once, however often it is delivered. */
export interface DeadLetterListener {
  parked(letters: readonly ParkedLetter[], manager: EntityManager): Promise<void>;
}

/** Injection token of an optional {@link DeadLetterListener}, provided by a global module of the service. */
export const DEAD_LETTER_LISTENER = Symbol('DEAD_LETTER_LISTENER');

/** Reads a delivery from `<queue>.dead`; one that the broker parked itself has its reason from the broker's own header. */
export function toParkedLetter(queue: string, delivery: Delivery): ParkedLetter {
  const { body, properties, attempt } = delivery;
  const headers = storable(properties.headers) as MessageProperties['headers'];
  return {
    queue,
    messageId: storableText(properties.messageId ?? bodyId(body)),
    type: properties.type === undefined ? null : storableText(properties.type),
    exchange: storableText(delivery.exchange),
    routingKey: storableText(delivery.routingKey),
    properties: { ...(storable(properties) as MessageProperties), headers },
    body,
    reason: textHeader(headers, HEADER.deadReason) ?? brokerReason(headers),
    attempts: attempt,
    replays: integerHeader(headers, HEADER.replays) ?? 0,
    runId: textHeader(headers, HEADER.runId) ?? null,
    sequence: integerHeader(headers, HEADER.sequence) ?? null,
    itemCount: integerHeader(headers, HEADER.itemCount) ?? null,
  };
}

/** When a message was parked, as we or the broker wrote it down: tells copies of one death from another death. */
export function timeOfDeath(headers: MessageProperties['headers']): string | undefined {
  const time = newestDeath(headers)?.time as { value?: unknown } | undefined;
  return textHeader(headers, HEADER.deadAt) ?? (time && String(time.value));
}

function brokerReason(headers: MessageProperties['headers']): string {
  const reason = newestDeath(headers)?.reason;
  return typeof reason === 'string' ? reason.toUpperCase() : 'UNKNOWN';
}

// `x-death` is a list, the newest death first, with `reason` as in delivery_limit, rejected, expired.
function newestDeath(headers: MessageProperties['headers']): { reason?: unknown; time?: unknown } | undefined {
  const deaths = headers['x-death'];
  return Array.isArray(deaths) ? deaths[0] : undefined;
}

// A stranger's header may hold anything; the columns hold whole numbers.
function integerHeader(headers: MessageProperties['headers'], name: string): number | undefined {
  const value = numberHeader(headers, name);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** PostgreSQL's text and jsonb cannot hold the character NUL; one such message must not stop the archive for ever. */
function storable(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [storableText(key), storable(inner)]));
}

function storableText(text: string): string {
  return text.replaceAll('\u0000', '\ufffd');
}
