import { isUtf8 } from 'node:buffer';
import { compileSchema, type MessageDefinition } from '@lockstep/contracts';
import type { Delivery, MessageHeaders } from '../broker/broker.js';
import { HEADER, numberHeader, textHeader } from '../broker/message-headers.js';

/** What travels in the headers of a run's messages. */
export interface ReceivedHeaders {
  readonly runId?: string;
  readonly fence?: number;
  readonly sequence?: number;
  readonly itemCount?: number;
  /** W3C trace context of the publisher. */
  readonly traceparent?: string;
}

/** A message whose body was read and fits its schema. */
export interface ReceivedMessage<T extends object = object> {
  readonly definition: MessageDefinition<T>;
  readonly type: string;
  readonly version: number;
  readonly payload: T;
  /** Stable over every delivery and replay; empty for a stranger's message without one. */
  readonly messageId: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  readonly redelivered: boolean;
  readonly headers: ReceivedHeaders;
}

/** True when `message` is one of `definition`, and narrows its payload to that message's class. */
export function isMessageOf<T extends object>(
  message: ReceivedMessage,
  definition: MessageDefinition<T>,
): message is ReceivedMessage<T> {
  return message.type === definition.type && message.version === definition.version;
}

/** `UNREADABLE_JSON` (also too large, or no UTF-8), `UNKNOWN_MESSAGE`, `SCHEMA_MISMATCH`: then the reason. No values. */
export type Reading = { readonly message: ReceivedMessage } | { readonly unreadable: string };

/** Faults named in a reason; a wrong message tends to be wrong everywhere. */
const FAULTS_NAMED = 5;

/** Reads the messages that `definitions` allow on a queue; compiles their schemas at once. */
export class MessageReader {
  private readonly known: ReadonlyMap<string, MessageDefinition>;

  /** `maxBodyBytes`: a larger body is not even parsed. */
  constructor(
    definitions: readonly MessageDefinition[],
    private readonly maxBodyBytes: number,
  ) {
    this.known = new Map(definitions.map((definition) => [keyOf(definition.type, definition.version), definition]));
    for (const definition of definitions) compileSchema(definition.payload);
  }

  read(delivery: Delivery): Reading {
    const parsed = this.parse(delivery.body);
    if ('unreadable' in parsed) return parsed;
    const { headers, type = '' } = delivery.properties;
    const version = numberHeader(headers, HEADER.version) ?? 1;
    const definition = this.known.get(keyOf(type, version));
    if (!definition) return { unreadable: `UNKNOWN_MESSAGE: '${type.slice(0, 100)}' version ${version}` };
    const faults = compileSchema(definition.payload).check(parsed.value);
    if (faults.length > 0) return { unreadable: `SCHEMA_MISMATCH: ${faults.slice(0, FAULTS_NAMED).join('; ')}` };
    return { message: toReceived(delivery, definition, parsed.value as object) };
  }

  private parse(body: Buffer): { readonly value: unknown } | { readonly unreadable: string } {
    if (body.length > this.maxBodyBytes) return { unreadable: `UNREADABLE_JSON: more than ${this.maxBodyBytes} bytes` };
    if (!isUtf8(body)) return { unreadable: 'UNREADABLE_JSON: not UTF-8' };
    const text = body.toString('utf8');
    try {
      const value: unknown = JSON.parse(text);
      return mayNameProto(text) && hasProtoKey(value) ? { unreadable: 'UNREADABLE_JSON: key __proto__' } : { value };
    } catch {
      // Not the parser's own message: it quotes the body.
      return { unreadable: 'UNREADABLE_JSON: not JSON' };
    }
  }
}

function toReceived(delivery: Delivery, definition: MessageDefinition, payload: object): ReceivedMessage {
  return {
    definition,
    type: definition.type,
    version: definition.version,
    payload,
    messageId: delivery.properties.messageId ?? '',
    attempt: delivery.attempt,
    redelivered: delivery.redelivered,
    headers: toReceivedHeaders(delivery.properties.headers),
  };
}

/** The known ones among a message's headers; one of the wrong kind counts as absent. */
function toReceivedHeaders(headers: MessageHeaders): ReceivedHeaders {
  return {
    runId: textHeader(headers, HEADER.runId),
    fence: numberHeader(headers, HEADER.fence),
    sequence: numberHeader(headers, HEADER.sequence),
    itemCount: numberHeader(headers, HEADER.itemCount),
    traceparent: textHeader(headers, HEADER.traceparent),
  };
}

function keyOf(type: string, version: number): string {
  return `${type} v${version}`;
}

// JSON may spell the key with escapes. The search costs microseconds, the walk is for suspects only.
function mayNameProto(text: string): boolean {
  return text.includes('__proto__') || text.includes('\\u005');
}

/** A key `__proto__` becomes an object's prototype when it is later copied by assignment. No recursion: depth is hostile. */
function hasProtoKey(root: unknown): boolean {
  const pending = [root];
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value !== 'object' || value === null) continue;
    if (Object.hasOwn(value, '__proto__')) return true;
    for (const child of Object.values(value)) pending.push(child);
  }
  return false;
}
