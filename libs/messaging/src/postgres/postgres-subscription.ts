import type { QueueDefinition } from '@lockstep/contracts';
import { Logger } from '@nestjs/common';
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
import { decideMove } from '../broker/decide-move.js';
import { keepConsuming } from '../broker/keep-consuming.js';
import { upTo } from '../broker/waiting.js';
import type { MessagingCounters } from '../counters.js';
import { DELIVERY_LIMIT, deliveryLimitReason } from '../topology/queue-arguments.js';
import type { ConsumerSession } from './consumer-session.js';
import type { ClaimedMessage } from './message-claim.js';
import type { QueueIds } from './postgres-topology.js';
import { QueueConsumer } from './queue-consumer.js';
import type { Outcome } from './settlement-writer.js';

/** As RabbitMQ's quorum queues allow, so that what works on one broker works on the other. */
const MAX_PREFETCH = 2_000;
/** A connection that is half dead does not answer; what is not back by then goes with the end of the session. */
const GIVE_BACK_LIMIT_MS = 2_000;

export interface SubscriptionParts {
  /** The queue's own name, or that of its dead letters. */
  readonly queueName: string;
  readonly queue: QueueDefinition;
  /** The present session; waits while there is none. */
  readonly whenOpen: () => Promise<ConsumerSession>;
  /** Makes or finds the queue. @throws Error when it cannot be consumed yet */
  readonly prepare: (session: ConsumerSession) => Promise<QueueIds>;
  /** The queue as it stands; undefined when it is gone. */
  readonly find: (session: ConsumerSession) => Promise<QueueIds | undefined>;
  readonly counters: MessagingCounters;
}

interface Taken {
  readonly message: ClaimedMessage;
  readonly consumer: QueueConsumer;
}

/**
 * Consumes one queue and keeps doing so: one loop waits for a session, consumes until the session or the queue is lost,
 * and begins anew. What was in hand of a lost session is dropped here, because it comes again.
 */
export class PostgresSubscription implements Subscription {
  readonly ready: Promise<void>;
  private readonly log = new Logger('broker');
  private readonly draining = new AbortController();
  private readonly buffer: BatchBuffer<Taken>;
  private markReady: () => void = () => undefined;
  private currentState: SubscriptionState = 'opening';
  private consumer?: QueueConsumer;
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
    const session = await this.parts.whenOpen();
    const ids = await this.parts.prepare(session);
    if (this.draining.signal.aborted) return 'stopped';
    const consumer = this.makeConsumer(session, ids);
    this.consumer = consumer;
    try {
      await consumer.start();
      opened();
      if (!this.draining.signal.aborted) this.currentState = 'open';
      this.markReady();
      return await consumer.lost;
    } finally {
      // All that is in hand comes anew; what runs goes on, and its outcome is dropped.
      if (!this.draining.signal.aborted) this.buffer.discard();
      void consumer.end('over');
    }
  }

  private makeConsumer(session: ConsumerSession, ids: QueueIds): QueueConsumer {
    const { batchSize, concurrency, prefetch } = this.options;
    const consumer: QueueConsumer = new QueueConsumer({
      session,
      ids,
      queueName: this.queue,
      isDead: this.queue !== this.parts.queue.name,
      prefetch: Math.min(MAX_PREFETCH, Math.max(prefetch, batchSize * concurrency)),
      find: () => this.parts.find(session),
      take: (message) => this.take({ message, consumer }),
    });
    return consumer;
  }

  private take(taken: Taken): void {
    const { message, consumer } = taken;
    this.parts.counters.add('messaging_delivered_total', { queue: this.queue });
    if (this.draining.signal.aborted) returnUntouched(taken);
    else if (message.deliveries > DELIVERY_LIMIT + 1 && !consumer.isDead) this.parkKiller(taken);
    else this.buffer.push(taken);
  }

  /** Its consumers never came to an end with it: most likely it ended them. */
  private parkKiller(taken: Taken): void {
    this.settle(taken, { kind: 'dead', reason: deliveryLimitReason(taken.message.deliveries - 1) });
  }

  private async process(batch: Taken[]): Promise<void> {
    const deliveries = batch.map(({ message }) => message.delivery);
    const settlements = await askHandler(this.handler, deliveries, this.draining.signal, this.log);
    for (const [index, taken] of batch.entries()) this.settle(taken, settlements?.[index] ?? { kind: 'release' });
  }

  /** Not waited for: the next batch need not wait for the disk, and the prefetch bounds what is on its way. */
  private settle({ message, consumer }: Taken, settlement: Settlement): void {
    if (!consumer.isOpen) return;
    const { verdict, outcome } = this.outcomeOf(message.delivery, settlement, consumer);
    void consumer.settle(message.id, outcome).then(() => {
      if (consumer.isOpen) this.parts.counters.add('messaging_settled_total', { queue: this.queue, verdict });
    });
  }

  private outcomeOf(
    delivery: Delivery,
    settlement: Settlement,
    { deadId }: QueueConsumer,
  ): { verdict: string; outcome: Outcome } {
    const { kind } = settlement;
    if (kind === 'ack' || kind === 'release' || kind === 'requeue') return { verdict: kind, outcome: { kind } };
    const { next, properties } = decideMove(this.parts.queue, delivery, settlement, new Date());
    if (next.kind === 'wait') return { verdict: 'retry', outcome: { ...next, properties } };
    return { verdict: 'dead', outcome: { kind: 'park', deadId, properties } };
  }

  private async drain(timeoutMs: number): Promise<void> {
    this.currentState = 'draining';
    this.draining.abort();
    const { consumer } = this;
    consumer?.stop();
    for (const taken of this.buffer.pause()) returnUntouched(taken);
    await upTo(this.buffer.idle(), timeoutMs);
    if (consumer) await upTo(consumer.end('stopped'), GIVE_BACK_LIMIT_MS);
    this.currentState = 'closed';
  }
}

/** No handler has seen it. */
function returnUntouched({ message, consumer }: Taken): void {
  void consumer.settle(message.id, { kind: 'release', isUntouched: true });
}
