import type { ConsumeMessage } from 'amqplib';
import type { Delivery, MessageProperties } from '../broker/broker.js';
import { attemptOf, HEADER, numberHeader, textHeader } from '../broker/message-headers.js';

/** What came off the wire, without the AMQP fields that only the adapter needs. */
export function toDelivery(queue: string, message: ConsumeMessage): Delivery {
  const { fields, content } = message;
  const properties = toProperties(message);
  return {
    queue,
    exchange: textHeader(properties.headers, HEADER.originalExchange) ?? fields.exchange,
    routingKey: textHeader(properties.headers, HEADER.originalRoutingKey) ?? fields.routingKey,
    body: content,
    properties,
    redelivered: fields.redelivered,
    attempt: attemptOf(properties.headers),
  };
}

/** How often a message came back to its queue unsettled. */
export interface Redeliveries {
  /** As the broker counts, which drops the message, or parks it, beyond its own limit. */
  readonly counted: number;
  /** With those under which it was known to its queue before. */
  readonly total: number;
}

export function redeliveriesOf({ fields, properties }: ConsumeMessage): Redeliveries {
  const headers = properties.headers ?? {};
  // A message that comes for the first time may carry anything that a stranger wrote.
  const counted = fields.redelivered ? (numberHeader(headers, 'x-delivery-count') ?? 0) : 0;
  return { counted, total: counted + (numberHeader(headers, HEADER.redeliveries) ?? 0) };
}

function toProperties({ properties }: ConsumeMessage): MessageProperties {
  return {
    messageId: textOf(properties.messageId),
    type: textOf(properties.type),
    contentType: textOf(properties.contentType),
    appId: textOf(properties.appId),
    timestamp: typeof properties.timestamp === 'number' ? properties.timestamp : undefined,
    headers: properties.headers ?? {},
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
