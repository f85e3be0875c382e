import type { QueueDefinition } from '@lockstep/contracts';
import { type ArgumentsHost, Catch, type ExceptionFilter, UseFilters } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { type Observable, throwError } from 'rxjs';
import type { SubscribeOptions } from '../broker/broker.js';
import type { Verdict } from './verdict.js';

/** Marks our handlers, so that Nest gives them to {@link MessagingServer} and to no other transport. */
export const MESSAGING_TRANSPORT = Symbol('lockstep:messaging');

const HANDLED_QUEUE = 'lockstep:handled-queue';

/** How a queue is consumed; see {@link SubscribeOptions}. Defaults: batchSize 1, batchWaitMs 20, prefetch 20, concurrency 1. */
export type QueueHandlerOptions = Partial<SubscribeOptions>;

/** What a handler gets as its second argument. */
export interface HandlerContext {
  readonly queue: string;
  /** Aborted when the service shuts down: finish soon, take up nothing new. */
  readonly draining: AbortSignal;
}

/** `(batch: ReceivedMessage[], context?: HandlerContext) => Promise<Verdict[]>`, one verdict a message, in order. */
export type QueueHandlerMethod = (batch: never[], context: HandlerContext) => Promise<Verdict[]>;

const DEFAULTS: SubscribeOptions = { batchSize: 1, batchWaitMs: 20, prefetch: 20, concurrency: 1 };

// Nest replaces what a handler throws by "Internal server error"; ours must arrive as it is, to be told apart.
@Catch()
class RethrowFilter implements ExceptionFilter {
  catch(error: unknown, _host: ArgumentsHost): Observable<never> {
    return throwError(() => error);
  }
}

/**
 * Makes a method of a controller the one handler of a queue. It is given messages that were read and fit their schema and
 * answers each. What it throws is a retry for the whole batch, after each message was tried alone once.
 *
 * The class needs `@Controller()` and stands in its module's `controllers`: Nest looks for handlers nowhere else.
 *
 * @example
 * ```ts
 * @QueueHandler(connectionSyncDataQueue, { batchSize: 5, concurrency: 2 })
 * async handle(batch: ReceivedMessage<SyncDataV1>[]): Promise<Verdict[]> { ... }
 * ```
 */
export function QueueHandler(queue: QueueDefinition, options: QueueHandlerOptions = {}) {
  return <M extends QueueHandlerMethod>(target: object, key: string, descriptor: TypedPropertyDescriptor<M>): void => {
    const extras = { ...DEFAULTS, ...options };
    (EventPattern(queue.name, MESSAGING_TRANSPORT, extras) as MethodDecorator)(target, key, descriptor);
    UseFilters(new RethrowFilter())(target, key, descriptor);
    // Without parameter decorators Nest hands over the payload alone.
    Payload()(target, key, 0);
    Ctx()(target, key, 1);
    if (descriptor.value) Reflect.defineMetadata(HANDLED_QUEUE, queue.name, descriptor.value);
  };
}

/** Queue names of the handlers in these classes, one entry a handler: what the boot check looks at, without booting. */
export function handledQueues(controllers: readonly (new (...args: never[]) => object)[]): string[] {
  return controllers.flatMap((controller) =>
    Object.values(Object.getOwnPropertyDescriptors(controller.prototype as object))
      .filter((descriptor) => typeof descriptor.value === 'function')
      .map((descriptor) => Reflect.getMetadata(HANDLED_QUEUE, descriptor.value as object) as string | undefined)
      .filter((queue) => queue !== undefined),
  );
}
