import type { MessageDefinition } from '@lockstep/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { BROKER, type Broker } from '../broker/broker.js';
import { MessageComposer, type PublishOptions } from './message-composer.js';

/**
 * Publishes at once, outside any transaction: for bulk batches that store their cursor after the confirm. A change of
 * state and its message go through the {@link Outbox} instead.
 */
@Injectable()
export class MessagePublisher {
  constructor(
    @Inject(BROKER) private readonly broker: Broker,
    private readonly composer: MessageComposer,
  ) {}

  /**
   * Resolves once the broker has the message. Pipeline by not awaiting each.
   * @param payload an object, or a Buffer that holds it as JSON already and is sent as it is
   * @throws UndeclaredMessageError the service did not declare the message
   * @throws PayloadMismatchError only where payloads are checked
   * @throws UnroutableError no queue takes it
   * @throws PublishUnconfirmedError the outcome is unknown, or the queue full; safe to send again under the same `messageId`
   */
  async publish<T extends object>(
    definition: MessageDefinition<T>,
    payload: T | Buffer,
    options: PublishOptions = {},
  ): Promise<void> {
    await this.broker.publish(this.composer.compose(definition, payload, options));
  }
}
