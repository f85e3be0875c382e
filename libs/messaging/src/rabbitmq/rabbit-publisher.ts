import { Logger } from '@nestjs/common';
import type { ConfirmChannel, Message } from 'amqplib';
import type { OutgoingMessage } from '../broker/broker.js';
import { InFlightWindow } from '../broker/in-flight-window.js';
import { PublishUnconfirmedError, UnroutableError } from '../broker/publish-errors.js';
import { backoffMs, pause, within } from '../broker/waiting.js';
import type { MessagingCounters } from '../counters.js';
import type { RabbitConnection } from './rabbit-connection.js';

const REFUSED_BACKOFF = { firstMs: 100, maxMs: 2_000 };

export interface PublisherOptions {
  /** How long a publish waits for its confirm, connecting and being blocked included, once it is its turn. */
  readonly confirmTimeoutMs: number;
  readonly maxInFlight: number;
  readonly maxInFlightBytes: number;
  /** Run on each new channel before the first publish. */
  readonly prepare: (channel: ConfirmChannel) => Promise<void>;
}

/** Waits for its confirm; a return arrives before it. */
interface Sent {
  returned: boolean;
}

/** Publishes with confirms on one channel that is opened again after every loss. */
export class RabbitPublisher {
  private readonly log = new Logger('rabbitmq');
  private readonly window: InFlightWindow;
  private readonly sentByRoute = new Map<string, Sent[]>();
  private channel?: Promise<ConfirmChannel>;

  constructor(
    private readonly connection: RabbitConnection,
    private readonly options: PublisherOptions,
    private readonly counters: MessagingCounters,
  ) {
    this.window = new InFlightWindow(options.maxInFlight, options.maxInFlightBytes);
  }

  async publish(message: OutgoingMessage): Promise<void> {
    const bytes = message.body.length;
    await this.window.enter(bytes);
    try {
      await this.publishBefore(message, Date.now() + this.options.confirmTimeoutMs);
      this.counters.add('messaging_published_total', { outcome: 'confirmed' });
    } catch (error) {
      this.counters.add('messaging_published_total', { outcome: outcomeOf(error) });
      throw error;
    } finally {
      this.window.leave(bytes);
    }
  }

  /** Resolves when nothing waits for its confirm. */
  flush(): Promise<void> {
    return this.window.empty();
  }

  private async publishBefore(message: OutgoingMessage, deadlineMs: number): Promise<void> {
    for (let refusals = 0; ; refusals += 1) {
      if (await this.isConfirmed(message, deadlineMs)) return;
      const waitMs = backoffMs(refusals, REFUSED_BACKOFF);
      if (Date.now() + waitMs >= deadlineMs) throw new PublishUnconfirmedError(message, 'refused');
      await pause(waitMs);
    }
  }

  /** False: the broker refused it (a full queue), nothing is stored. */
  private async isConfirmed(message: OutgoingMessage, deadlineMs: number): Promise<boolean> {
    const channel = await this.channelFor(message, deadlineMs);
    const sent = this.remember(message);
    try {
      const late = (): Error => new PublishUnconfirmedError(message, 'timeout');
      const answer = await within(send(channel, message), deadlineMs - Date.now(), late);
      if (sent.returned) throw new UnroutableError(message);
      return answer === 'confirmed';
    } finally {
      this.forget(message, sent);
    }
  }

  private async channelFor(message: OutgoingMessage, deadlineMs: number): Promise<ConfirmChannel> {
    const notConnected = (): Error => new PublishUnconfirmedError(message, 'not connected');
    try {
      return await within(this.openChannel(), deadlineMs - Date.now(), notConnected);
    } catch (error) {
      if (!(error instanceof PublishUnconfirmedError)) this.log.warn(`No channel to publish on: ${String(error)}`);
      throw notConnected();
    }
  }

  private async openChannel(): Promise<ConfirmChannel> {
    await this.connection.whenUnblocked();
    this.channel ??= this.newChannel().catch((error: unknown) => {
      this.channel = undefined;
      throw error;
    });
    return this.channel;
  }

  private async newChannel(): Promise<ConfirmChannel> {
    const channel = await this.connection.createConfirmChannel();
    channel.on('error', (error) => this.log.warn(`Publishing channel: ${error.message}`));
    channel.on('close', () => {
      this.channel = undefined;
    });
    channel.on('return', (returned) => this.markReturned(returned));
    await this.options.prepare(channel);
    return channel;
  }

  private remember(message: OutgoingMessage): Sent {
    const sent: Sent = { returned: false };
    const route = routeOf(message.exchange, message.routingKey, message.properties.messageId);
    const others = this.sentByRoute.get(route);
    if (others) others.push(sent);
    else this.sentByRoute.set(route, [sent]);
    return sent;
  }

  private forget(message: OutgoingMessage, sent: Sent): void {
    const route = routeOf(message.exchange, message.routingKey, message.properties.messageId);
    const others = this.sentByRoute.get(route)?.filter((other) => other !== sent) ?? [];
    if (others.length === 0) this.sentByRoute.delete(route);
    else this.sentByRoute.set(route, others);
  }

  // The same message may be in flight twice on one route; then both are returned, in order.
  private markReturned({ fields, properties }: Message): void {
    const route = routeOf(fields.exchange, fields.routingKey, String(properties.messageId));
    const sent = this.sentByRoute.get(route)?.find((candidate) => !candidate.returned);
    if (sent) sent.returned = true;
  }
}

function send(channel: ConfirmChannel, message: OutgoingMessage): Promise<'confirmed' | 'refused'> {
  return new Promise((resolve, reject) => {
    const closed = (): void => reject(new PublishUnconfirmedError(message, 'closed'));
    const answered = (error: Error | null): void => {
      if (error === null) resolve('confirmed');
      else if (error.message === 'message nacked') resolve('refused');
      else closed();
    };
    try {
      channel.publish(message.exchange, message.routingKey, message.body, publishOptions(message), answered);
    } catch {
      // "Channel closed": it went between opening and publishing.
      closed();
    }
  });
}

function routeOf(exchange: string, routingKey: string, messageId: string): string {
  return `${exchange}\n${routingKey}\n${messageId}`;
}

function publishOptions({ properties }: OutgoingMessage): Parameters<ConfirmChannel['publish']>[3] {
  return { ...properties, persistent: true, mandatory: true };
}

function outcomeOf(error: unknown): string {
  if (error instanceof UnroutableError) return 'unroutable';
  return error instanceof PublishUnconfirmedError ? error.reason : 'failed';
}
