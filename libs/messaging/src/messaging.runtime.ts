import { messages, type QueueDefinition } from '@lockstep/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { BROKER, type Broker, type SubscribeOptions, type Subscription } from './broker/broker.js';
import { upTo } from './broker/waiting.js';
import { MessagingCounters } from './counters.js';
import { DeadLetterArchiver } from './dead-letters/dead-letter.archiver.js';
import { DeadLetterReplayer } from './dead-letters/dead-letter.replayer.js';
import { BatchProcessor, type HandlerCall } from './handling/batch-processor.js';
import { checkWiring, WiringError } from './handling/boot-check.js';
import { MessageReader } from './handling/received-message.js';
import { MESSAGING_OPTIONS, type MessagingOptions } from './messaging-options.js';
import { OutboxRelay } from './outbox/outbox.relay.js';
import { queuesOf } from './topology/queue-arguments.js';

const DRAIN_TIMEOUT_MS = 25_000;
/** Longer than a batch takes while the broker answers; one that is cut short is sent again under the same ids. */
const RELAY_STOP_LIMIT_MS = 5_000;
const ENGINE_WAIT_LIMIT_MS = 10 * 60_000;
const MAX_BODY_BYTES = 16 * 1024 * 1024;
/** How long a start waits for its consumers; one that cannot register yet shows in the readiness, not as a hanging start. */
const REGISTER_LIMIT_MS = 5_000;

/** A handler as it was found in the application. */
export interface FoundHandler {
  readonly queue: string;
  readonly options: SubscribeOptions;
  readonly call: HandlerCall;
}

/** Starts and ends everything of the service that moves messages, in the order in which nothing is lost. */
@Injectable()
export class MessagingRuntime {
  private readonly processors: BatchProcessor[] = [];
  private drained?: Promise<void>;

  constructor(
    @Inject(MESSAGING_OPTIONS) private readonly options: MessagingOptions,
    @Inject(BROKER) private readonly broker: Broker,
    private readonly relay: OutboxRelay,
    private readonly archiver: DeadLetterArchiver,
    private readonly replayer: DeadLetterReplayer,
    private readonly counters: MessagingCounters,
  ) {}

  /** Queues whose batch is kept in hand because an engine does not answer. */
  get queuesWaitingForEngine(): string[] {
    return this.processors.filter((processor) => processor.waitsForEngine).map((processor) => processor.queue);
  }

  /**
   * Checks the wiring, then connects, consumes, archives and relays.
   * @throws WiringError before anything is connected
   * @throws Error of the first connection
   */
  async start(handlers: readonly FoundHandler[]): Promise<void> {
    const { service, publishes, catalogue = messages } = this.options;
    const faults = checkWiring({ service, catalogue, publishes, handlers: handlers.map(({ queue }) => queue) });
    if (faults.length > 0) throw new WiringError(service, faults);
    await this.broker.connect();
    const queues = queuesOf(catalogue).filter((queue) => queue.consumer === service);
    const consumers = queues.map((queue) => this.consume(queue, handlers.find((each) => each.queue === queue.name)!));
    const archives = this.archiver.start(queues);
    this.relay.start();
    this.replayer.start();
    const registered = [...consumers, ...archives].map((subscription) => subscription.ready);
    await upTo(Promise.all(registered), REGISTER_LIMIT_MS);
  }

  /** Nothing new is taken, what is in hand finishes or goes back, the outbox pauses. Publishing still works. */
  drain(): Promise<void> {
    this.drained ??= this.drainOnce();
    return this.drained;
  }

  /** Waits for the confirms in flight and closes the connections. */
  async close(): Promise<void> {
    await this.drain();
    await this.broker.close();
  }

  private consume(queue: QueueDefinition, handler: FoundHandler): Subscription {
    const { catalogue = messages, maxBodyBytes = MAX_BODY_BYTES } = this.options;
    const definitions = catalogue.filter((message) => message.queues.some(({ name }) => name === queue.name));
    const processor = new BatchProcessor({
      queue: queue.name,
      reader: new MessageReader(definitions, maxBodyBytes),
      call: handler.call,
      isEngineUnavailable: this.options.isEngineUnavailable ?? (() => false),
      engineWaitLimitMs: this.options.engineWaitLimitMs ?? ENGINE_WAIT_LIMIT_MS,
      counters: this.counters,
    });
    this.processors.push(processor);
    return this.broker.subscribe(queue, handler.options, (deliveries, draining) =>
      processor.settle(deliveries, draining),
    );
  }

  private async drainOnce(): Promise<void> {
    await this.broker.drain(this.options.drainTimeoutMs ?? DRAIN_TIMEOUT_MS);
    await upTo(Promise.all([this.relay.stop(), this.replayer.stop()]), RELAY_STOP_LIMIT_MS);
  }
}
