import { compileSchema, type MessageDefinition } from '@lockstep/contracts';
import type { OutgoingMessage } from '../broker/broker.js';
import { HEADER } from '../broker/message-headers.js';
import { newMessageId } from '../broker/message-id.js';
import { currentTraceparent } from '../context/request-context.js';

/** What a message carries beside its payload. */
export interface PublishOptions {
  readonly runId?: string;
  readonly fence?: number;
  readonly sequence?: number;
  readonly itemCount?: number;
  /** Sending again under the same id lets consumers see that it is the same message. @default a new UUIDv7 */
  readonly messageId?: string;
  /** W3C trace context to continue. @default that of the running request, message or run */
  readonly traceparent?: string;
}

/** The service publishes a message that it did not declare: the boot check could not have seen it. */
export class UndeclaredMessageError extends Error {
  override readonly name = 'UndeclaredMessageError';

  constructor(service: string, { type, version }: MessageDefinition) {
    super(`${service} did not declare ${type} v${version}: add it to 'publishes' of MessagingModule.forService`);
  }
}

/** A payload that does not fit the message's own class; only found where payloads are checked. */
export class PayloadMismatchError extends Error {
  override readonly name = 'PayloadMismatchError';

  constructor({ type, version }: MessageDefinition, faults: readonly string[]) {
    super(`${type} v${version} does not fit its schema: ${faults.join('; ')}`);
  }
}

export interface ComposerOptions {
  readonly service: string;
  readonly publishes: readonly MessageDefinition[];
  /** Further messages that may be sent. @default none */
  readonly mayPublish?: (definition: MessageDefinition) => boolean;
  /** Check every payload before it leaves. Costs microseconds a message and a parse where it is a Buffer. */
  readonly checkPayloads: boolean;
}

/** Makes ready-to-send messages of payloads, the same for publishing at once and through the outbox. */
export class MessageComposer {
  private readonly declared: ReadonlySet<MessageDefinition>;

  constructor(private readonly options: ComposerOptions) {
    this.declared = new Set(options.publishes);
  }

  /**
   * @param payload an object, or a Buffer that holds it as JSON already and is sent as it is
   * @throws UndeclaredMessageError, PayloadMismatchError
   */
  compose<T extends object>(
    definition: MessageDefinition<T>,
    payload: T | Buffer,
    options: PublishOptions = {},
  ): OutgoingMessage {
    const { service, mayPublish, checkPayloads } = this.options;
    if (!this.declared.has(definition) && !mayPublish?.(definition))
      throw new UndeclaredMessageError(service, definition);
    if (checkPayloads) checkPayload(definition, payload);
    return {
      exchange: definition.exchange,
      routingKey: definition.routingKey,
      body: Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload)),
      properties: {
        messageId: options.messageId ?? newMessageId(),
        type: definition.type,
        contentType: 'application/json',
        appId: service,
        timestamp: Math.floor(Date.now() / 1_000),
        headers: headersOf(definition, options),
      },
    };
  }
}

function headersOf(definition: MessageDefinition, options: PublishOptions): Record<string, unknown> {
  const headers = {
    [HEADER.version]: definition.version,
    [HEADER.attempt]: 1,
    [HEADER.runId]: options.runId,
    [HEADER.fence]: options.fence,
    [HEADER.sequence]: options.sequence,
    [HEADER.itemCount]: options.itemCount,
    [HEADER.traceparent]: options.traceparent ?? currentTraceparent(),
  };
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
}

function checkPayload(definition: MessageDefinition, payload: object): void {
  const value: unknown = Buffer.isBuffer(payload) ? JSON.parse(payload.toString('utf8')) : payload;
  const faults = compileSchema(definition.payload).check(value);
  if (faults.length > 0) throw new PayloadMismatchError(definition, faults);
}
