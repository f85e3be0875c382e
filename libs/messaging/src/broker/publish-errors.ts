import type { OutgoingMessage } from './broker.js';

/** The broker had no queue for the message and gave it back; it is stored nowhere. */
export class UnroutableError extends Error {
  override readonly name = 'UnroutableError';

  constructor(message: OutgoingMessage) {
    super(`No queue takes ${describe(message)}`);
  }
}

/** - `refused`: the queue is full; the others mean that the connection is at fault and the outcome unknown. */
export type UnconfirmedCause = 'timeout' | 'closed' | 'not connected' | 'refused';

/** The broker did not confirm. The message may have arrived: sending it again, under the same id, is safe. */
export class PublishUnconfirmedError extends Error {
  override readonly name = 'PublishUnconfirmedError';

  constructor(
    message: OutgoingMessage,
    readonly reason: UnconfirmedCause,
  ) {
    super(`Not confirmed (${reason}): ${describe(message)}`);
  }
}

function describe({ exchange, routingKey, properties }: OutgoingMessage): string {
  return `${properties.type ?? 'message'} ${properties.messageId} for '${exchange}' key '${routingKey}'`;
}

/** True when the broker did not answer, so that nothing is wrong with the message; one that it refused is another matter. */
export function isBrokerGone(error: unknown): boolean {
  return error instanceof PublishUnconfirmedError && error.reason !== 'refused';
}
