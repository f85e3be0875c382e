import { Logger } from '@nestjs/common';
import type { Channel, ConsumeMessage } from 'amqplib';
import { askHandler } from '../broker/ask-handler.js';
import { BatchBuffer } from '../broker/batch-buffer.js';
import type {
  Delivery,
  DeliveryHandler,
  Settlement,
  SubscribeOptions,
  Subscription,
  SubscriptionState,
} from '../broker/broker.js';
import { keepConsuming } from '../broker/keep-consuming.js';
import { isBrokerGone } from '../broker/publish-errors.js';
import { backoffMs, pause, upTo } from '../broker/waiting.js';
import type { MessagingCounters } from '../counters.js';
import { DELIVERY_LIMIT, deliveryLimitReason } from '../topology/queue-arguments.js';
import { redeliveriesOf, toDelivery } from './rabbit-message.js';

const SETTLE_BACKOFF = { firstMs: 1_000, maxMs: 15_000 };
/**
 * Redeliveries after which a message is sent to the end of its queue anew, its count kept by us: without our policy
 * RabbitMQ 4 drops what came back 20 times, and a consumer that is restarted again and again brings everything back.
 */
const RENEW_AFTER_REDELIVERIES = 10;
/** Quorum queues allow no more. */
const MAX_PREFETCH = 2_000;
/** A connection that is half dead does not answer; what the broker takes back is the same. */
const CHANNEL_CLOSE_LIMIT_MS = 2_000;

export interface SubscriptionParts {
  readonly queueName: string;
  /** The queue is one of dead letters, which come back for as long as it takes. */
  readonly isDead: boolean;
  readonly createChannel: () => Promise<Channel>;
  readonly prepare: (channel: Channel) => Promise<void>;
  /** Puts a retried or dead message where it belongs; the delivery is acknowledged once it resolves. */
  readonly move: (
    delivery: Delivery,
    settlement: Extract<Settlement, { kind: 'retry' | 'dead' }>,
  ) => Promise<'retry' | 'dead'>;
  /** Puts a message at the end of its queue; the delivery is acknowledged once it resolves. */
  readonly requeue: (delivery: Delivery, redeliveries: number) => Promise<void>;
  readonly counters: MessagingCounters;
}

/** One life of the channel. Delivery tags mean nothing outside the life they came from. */
interface Epoch {
  readonly channel: Channel;
  /** Resolves, with the reason, once the channel is closed by whomever. */
  readonly lost: Promise<string>;
  reason: string;
  isOpen: boolean;
  consumerTag: string;
}

/** `renew`: to the end of its queue, and what it has behind it still counts. */
type Outcome = Settlement | { readonly kind: 'renew'; readonly redeliveries: number };

interface Taken {
  readonly delivery: Delivery;
  readonly message: ConsumeMessage;
  readonly epoch: Epoch;
}

/**
 * Consumes one queue and keeps doing so: one loop opens the channel, waits until it or its consumer is lost, closes it
 * and opens the next, so that there are never two consumers.
 */
export class RabbitSubscription implements Subscription {
  readonly ready: Promise<void>;
  private readonly log = new Logger('rabbitmq');
  private readonly draining = new AbortController();
  private readonly buffer: BatchBuffer<Taken>;
  private markReady: () => void = () => undefined;
  private currentState: SubscriptionState = 'opening';
  private epoch?: Epoch;
  private stopped?: Promise<void>;

  constructor(
    private readonly parts: SubscriptionParts,
    private readonly options: SubscribeOptions,
    private readonly handler: DeliveryHandler,
  ) {
    this.ready = new Promise((resolve) => {
      this.markReady = resolve;
    });
    this.buffer = new BatchBuffer(options, (batch) => this.process(batch));
    void keepConsuming({
      queue: parts.queueName,
      consumeUntilLost: (opened) => this.consumeUntilLost(opened),
      onWaiting: () => {
        this.currentState = 'waiting';
      },
      stopping: this.draining.signal,
      counters: parts.counters,
      log: this.log,
    });
  }

  get queue(): string {
    return this.parts.queueName;
  }

  get state(): SubscriptionState {
    return this.currentState;
  }

  stop(timeoutMs: number): Promise<void> {
    this.stopped ??= this.drain(timeoutMs);
    return this.stopped;
  }

  private async consumeUntilLost(opened: () => void): Promise<string> {
    const epoch = openEpoch(await this.parts.createChannel());
    try {
      await this.parts.prepare(epoch.channel);
      const { batchSize, concurrency, prefetch } = this.options;
      await epoch.channel.prefetch(Math.min(MAX_PREFETCH, Math.max(prefetch, batchSize * concurrency)));
      if (this.draining.signal.aborted) return 'stopped';
      this.epoch = epoch;
      const { consumerTag } = await epoch.channel.consume(this.queue, (message) => this.take(epoch, message));
      epoch.consumerTag = consumerTag;
      opened();
      if (!this.draining.signal.aborted) this.currentState = 'open';
      this.markReady();
      return await epoch.lost;
    } finally {
      await this.endEpoch(epoch);
    }
  }

  private take(epoch: Epoch, message: ConsumeMessage | null): void {
    // The broker cancels the consumer when the queue is deleted; the channel would stay open and silent.
    if (message === null) {
      epoch.reason = 'the broker cancelled it, as when the queue is deleted';
      epoch.channel.close().catch(() => undefined);
      return;
    }
    this.parts.counters.add('messaging_delivered_total', { queue: this.queue });
    const taken = { epoch, message, delivery: toDelivery(this.queue, message) };
    const { counted, total } = redeliveriesOf(message);
    if (this.draining.signal.aborted) giveBack(epoch, message);
    else if (this.parts.isDead) this.buffer.push(taken);
    else if (total > DELIVERY_LIMIT) void this.settle(taken, { kind: 'dead', reason: deliveryLimitReason(total) });
    else if (counted >= RENEW_AFTER_REDELIVERIES) void this.settle(taken, { kind: 'renew', redeliveries: total });
    else this.buffer.push(taken);
  }

  private async endEpoch(epoch: Epoch): Promise<void> {
    // What no batch has begun is delivered anew by the broker; what runs goes on, and its outcome is dropped.
    if (this.epoch === epoch) this.buffer.discard();
    if (epoch.isOpen) {
      void epoch.channel.close().catch(() => undefined);
      await upTo(epoch.lost, CHANNEL_CLOSE_LIMIT_MS);
    }
    epoch.isOpen = false;
  }

  private async process(batch: Taken[]): Promise<void> {
    const deliveries = batch.map((taken) => taken.delivery);
    const settlements = await askHandler(this.handler, deliveries, this.draining.signal, this.log);
    await Promise.all(batch.map((taken, index) => this.settle(taken, settlements?.[index])));
  }

  /** A broker that takes nothing for now is waited for with the message in hand: giving it back would use up its deliveries. */
  private async settle(taken: Taken, settlement: Outcome | undefined): Promise<void> {
    for (let failures = 0; taken.epoch.isOpen; failures += 1) {
      try {
        const outcome = await this.apply(taken, settlement);
        this.parts.counters.add('messaging_settled_total', { queue: this.queue, verdict: outcome });
        return;
      } catch (error) {
        const { messageId } = taken.delivery.properties;
        this.log.warn(`${this.queue}: message ${messageId} is not settled yet: ${String(error)}`);
        await pause(backoffMs(failures, SETTLE_BACKOFF), this.draining.signal);
        if (this.draining.signal.aborted || !isBrokerGone(error)) return giveBack(taken.epoch, taken.message);
      }
    }
  }

  private async apply({ epoch, message, delivery }: Taken, settlement?: Outcome): Promise<string> {
    switch (settlement?.kind) {
      case 'ack':
        epoch.channel.ack(message);
        return 'ack';
      case 'retry':
      case 'dead': {
        // First where it belongs, then off the queue: a crash between the two repeats the message and loses none.
        const moved = await this.parts.move(delivery, settlement);
        if (epoch.isOpen) epoch.channel.ack(message);
        return moved;
      }
      case 'requeue':
      case 'renew':
        await this.parts.requeue(delivery, settlement.kind === 'renew' ? settlement.redeliveries : 0);
        if (epoch.isOpen) epoch.channel.ack(message);
        return 'requeue';
      case 'release':
        epoch.channel.nack(message, false, true);
        return 'release';
      default:
        // Reject and not nack: since RabbitMQ 4.3 only a reject counts towards the delivery limit.
        epoch.channel.reject(message, true);
        return 'release';
    }
  }

  private async drain(timeoutMs: number): Promise<void> {
    this.currentState = 'draining';
    this.draining.abort();
    const waiting = this.buffer.pause();
    const epoch = this.epoch;
    if (epoch?.isOpen) {
      const cancelled = epoch.channel.cancel(epoch.consumerTag).catch(() => undefined);
      await upTo(cancelled, CHANNEL_CLOSE_LIMIT_MS);
      for (const taken of waiting) giveBack(taken.epoch, taken.message);
    }
    await upTo(this.buffer.idle(), timeoutMs);
    // Closing gives back whatever is still unsettled.
    if (epoch) await this.endEpoch(epoch);
    this.currentState = 'closed';
  }
}

function openEpoch(channel: Channel): Epoch {
  let lose: (reason: string) => void = () => undefined;
  const lost = new Promise<string>((resolve) => {
    lose = resolve;
  });
  const epoch: Epoch = { channel, lost, reason: 'channel closed', isOpen: true, consumerTag: '' };
  channel.on('error', (error) => {
    epoch.reason = error.message;
  });
  channel.on('close', () => {
    epoch.isOpen = false;
    lose(epoch.reason);
  });
  return epoch;
}

function giveBack(epoch: Epoch, message: ConsumeMessage): void {
  if (!epoch.isOpen) return;
  try {
    epoch.channel.nack(message, false, true);
  } catch {
    // The channel is just closing: the broker takes everything back by itself.
  }
}
