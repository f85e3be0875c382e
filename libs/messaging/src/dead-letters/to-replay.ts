import type { OutgoingMessage } from '../broker/broker.js';
import { headersForReplay } from '../broker/message-headers.js';
import type { DeadLetter } from './dead-letter.store.js';

/** The letter as a first attempt, straight back to the queue it died in, so that other subscribers do not see it twice. */
export function toReplay(letter: DeadLetter): OutgoingMessage {
  const { queue, body, messageId, properties, replays } = letter;
  const headers = headersForReplay(properties.headers, replays + 1);
  return { exchange: '', routingKey: queue, body, properties: { ...properties, messageId, headers } };
}
