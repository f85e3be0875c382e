import { randomUUID } from 'node:crypto';
import { defineMessage, defineQueue, type MessageDefinition, type QueueDefinition } from '@lockstep/contracts';
import { IsInt, IsOptional, IsString } from 'class-validator';
import type { Delivery, OutgoingMessage } from './broker.js';
import { HEADER } from './message-headers.js';

/** The smallest message there is. */
export class NoteV1 {
  @IsString()
  text!: string;

  @IsOptional()
  @IsInt()
  number?: number;
}

/** One message on one queue of its own, consumed by `tcs`, published by `integration` and `tcs`. */
export interface Note {
  readonly definition: MessageDefinition<NoteV1>;
  readonly queue: QueueDefinition;
}

/** Names are unique unless one is given: tests share a broker. `routingKey` may be a topic pattern. */
export function makeNote(
  options: { name?: string; retryDelaysMs?: readonly number[]; routingKey?: string } = {},
): Note {
  const name = options.name ?? `note-${randomUUID().slice(0, 8)}`;
  const queue = defineQueue({
    name: `test.queue.${name}`,
    consumer: 'tcs',
    retryDelaysMs: options.retryDelaysMs ?? [100, 600],
  });
  const definition = defineMessage<NoteV1>({
    type: `test.${name}`,
    version: 1,
    summary: 'A note.',
    exchange: 'test.exchange',
    routingKey: options.routingKey ?? `test.${name}`,
    publishers: ['integration', 'tcs'],
    queues: [queue],
    payload: NoteV1,
    example: { text: 'hello' },
  });
  return { definition, queue };
}

/** A message as a stranger might publish it, with what it needs and nothing checked. */
export function noteMessage(
  { definition }: Note,
  text: string,
  overrides: Partial<OutgoingMessage> = {},
): OutgoingMessage {
  return {
    exchange: definition.exchange,
    routingKey: definition.routingKey,
    body: Buffer.from(JSON.stringify({ text })),
    properties: {
      messageId: randomUUID(),
      type: definition.type,
      contentType: 'application/json',
      headers: { [HEADER.version]: 1, [HEADER.attempt]: 1 },
    },
    ...overrides,
  };
}

export function textOf(delivery: Delivery): string {
  return (JSON.parse(delivery.body.toString()) as NoteV1).text;
}
