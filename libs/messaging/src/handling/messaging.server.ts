import { Injectable } from '@nestjs/common';
import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import type { SubscribeOptions } from '../broker/broker.js';
import { type FoundHandler, MessagingRuntime } from '../messaging.runtime.js';
import { MESSAGING_TRANSPORT } from './queue-handler.decorator.js';
import type { Verdict } from './verdict.js';

/**
 * Nest's way to the handlers: one strategy an application, a handler's pattern is the name of its queue.
 *
 * @example `app.connectMicroservice({ strategy: app.get(MessagingServer) }, { inheritAppConfig: false })`
 */
@Injectable()
export class MessagingServer extends Server implements CustomTransportStrategy {
  /** Errors reach the runtime, which decides about the batch; Nest need not log them. */
  override readonly propagatesEventHandlerErrors = true;

  constructor(private readonly runtime: MessagingRuntime) {
    super();
    this.setTransportId(MESSAGING_TRANSPORT);
  }

  /** Hands a `WiringError`, or the broker's error, to `callback`: the application then refuses to start. */
  listen(callback: (error?: unknown) => void): void {
    this.runtime.start(this.foundHandlers()).then(() => callback(), callback);
  }

  close(): Promise<void> {
    return this.runtime.close();
  }

  on(): never {
    throw new Error('MessagingServer emits no events: ask MessagingHealth');
  }

  unwrap<T>(): T {
    return this.runtime as T;
  }

  // Nest chains a second handler of a pattern behind the first and would run both.
  private foundHandlers(): FoundHandler[] {
    return [...this.messageHandlers].flatMap(([queue, first]) => {
      const found: FoundHandler[] = [];
      for (let handler: MessageHandler | undefined = first; handler; handler = handler.next as MessageHandler) {
        found.push({ queue, options: handler.extras as SubscribeOptions, call: toCall(handler) });
      }
      return found;
    });
  }
}

function toCall(handler: MessageHandler): FoundHandler['call'] {
  return async (batch, context) => {
    const answer: unknown = await handler(batch, context);
    return (isObservable(answer) ? await lastValueFrom(answer) : answer) as Verdict[];
  };
}
