import { Logger } from '@nestjs/common';
import type { Delivery, Settlement } from '../broker/broker.js';
import { backoffMs, pause } from '../broker/waiting.js';
import { contextOfTraces, runInContext } from '../context/request-context.js';
import type { MessagingCounters } from '../counters.js';
import type { HandlerContext } from './queue-handler.decorator.js';
import type { MessageReader, ReceivedMessage } from './received-message.js';
import type { Verdict } from './verdict.js';

const ENGINE_BACKOFF = { firstMs: 250, maxMs: 15_000 };

/** Calls the service's handler; rejects with exactly what it threw. */
export type HandlerCall = (batch: ReceivedMessage[], context: HandlerContext) => Promise<Verdict[]>;

export interface BatchProcessorOptions {
  readonly queue: string;
  readonly reader: MessageReader;
  readonly call: HandlerCall;
  /** True for an error that says that a database or index is gone, and nothing about the messages. */
  readonly isEngineUnavailable: (error: unknown) => boolean;
  /** How long a batch is kept in hand for an engine; then it joins the end of its queue. */
  readonly engineWaitLimitMs: number;
  readonly counters: MessagingCounters;
}

/** The engine stayed away for as long as a batch is kept for it. */
const ENGINE_AWAY = Symbol('engine away');

/**
 * Turns deliveries into verdicts so that no message pays for another: what cannot be read is parked alone, a batch whose
 * handler throws is tried again message by message, and an engine that is gone costs nobody an attempt.
 */
export class BatchProcessor {
  private readonly log = new Logger('messaging');
  private waiting = 0;

  constructor(private readonly options: BatchProcessorOptions) {}

  get queue(): string {
    return this.options.queue;
  }

  /** True while a batch is kept in hand because an engine does not answer. */
  get waitsForEngine(): boolean {
    return this.waiting > 0;
  }

  /** One settlement for each delivery, in order. Never rejects. */
  async settle(deliveries: readonly Delivery[], draining: AbortSignal): Promise<Settlement[]> {
    const readings = deliveries.map((delivery) => this.options.reader.read(delivery));
    const messages = readings.flatMap((reading) => ('message' in reading ? [reading.message] : []));
    const settlements = messages.length > 0 ? await this.handle(messages, draining) : [];
    return readings.map((reading) =>
      'message' in reading ? settlements.shift()! : { kind: 'dead', reason: reading.unreadable },
    );
  }

  private async handle(messages: ReceivedMessage[], draining: AbortSignal): Promise<Settlement[]> {
    try {
      return await this.callOrGiveBack(messages, draining);
    } catch (error) {
      this.log.error(`${this.options.queue}: handler of ${messages.length} messages failed: ${stackOf(error)}`);
      if (messages.length === 1) return [{ kind: 'retry', reason: reasonOf(error) }];
      return this.handleOneByOne(messages, draining);
    }
  }

  private async handleOneByOne(messages: ReceivedMessage[], draining: AbortSignal): Promise<Settlement[]> {
    const settlements: Settlement[] = [];
    for (const message of messages) {
      // Within a drain each call may be the last there is time for; the rest goes back unharmed.
      settlements.push(draining.aborted ? { kind: 'release' } : (await this.handle([message], draining))[0]!);
    }
    return settlements;
  }

  private async callOrGiveBack(messages: ReceivedMessage[], draining: AbortSignal): Promise<Settlement[]> {
    const verdicts = await this.callUntilEngineAnswers(messages, draining);
    // However often an outage brings the batch back to its queue, that must not count as if it killed its consumers.
    if (verdicts === ENGINE_AWAY) return messages.map(() => ({ kind: draining.aborted ? 'release' : 'requeue' }));
    if (!Array.isArray(verdicts) || verdicts.length !== messages.length) {
      throw new TypeError(`a handler must answer each message: ${messages.length} given, answer ${typeof verdicts}`);
    }
    return verdicts;
  }

  private async callUntilEngineAnswers(
    messages: ReceivedMessage[],
    draining: AbortSignal,
  ): Promise<Verdict[] | typeof ENGINE_AWAY> {
    const giveUpAt = performance.now() + this.options.engineWaitLimitMs;
    let failures = 0;
    try {
      for (;;) {
        try {
          return await this.timedCall(messages, draining);
        } catch (error) {
          if (!this.options.isEngineUnavailable(error)) throw error;
          if (draining.aborted || performance.now() >= giveUpAt) return ENGINE_AWAY;
          if (failures === 0) this.beginWaiting(error);
          await pause(backoffMs(failures, ENGINE_BACKOFF), draining);
          failures += 1;
        }
      }
    } finally {
      if (failures > 0) this.waiting -= 1;
    }
  }

  private beginWaiting(error: unknown): void {
    this.waiting += 1;
    this.log.warn(`${this.options.queue} waits for an engine: ${reasonOf(error)}`);
  }

  private async timedCall(messages: ReceivedMessage[], draining: AbortSignal): Promise<Verdict[]> {
    const { call, counters, queue } = this.options;
    const startedAt = performance.now();
    counters.add('messaging_batches_total', { queue });
    counters.add('messaging_batch_messages_total', { queue }, messages.length);
    try {
      const context = contextOfTraces(messages.map(({ headers }) => headers));
      return await runInContext(context, () => call(messages, { queue, draining }));
    } finally {
      counters.add('messaging_handler_seconds_total', { queue }, (performance.now() - startedAt) / 1_000);
    }
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return `HANDLER_FAILED: ${String(error)}`.slice(0, 500);
  return `HANDLER_FAILED: ${error.name}: ${error.message}`.slice(0, 500);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
