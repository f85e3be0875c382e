import type { ConsumeMessage } from 'amqplib';
import type { Delivery, MessageProperties } from '../broker/broker.js';
import { attemptOf, HEADER, textHeader } from '../broker/message-headers.js';

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
