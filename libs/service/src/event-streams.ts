import { type BeforeApplicationShutdown, Injectable, type MessageEvent } from '@nestjs/common';
import type { Request } from 'express';
import { from, Observable, type ObservableInput, Subject } from 'rxjs';

/** One event of a stream. */
export interface StreamEvent {
  /** Comes back as `Last-Event-ID` when the client connects again. */
  readonly id: string;
  /** Event name, such as `progress`. */
  readonly type: string;
  readonly data: object;
}

/** Where a stream's events come from: those after `lastEventId`, until there are no more or the signal is aborted. */
export type StreamSource = (lastEventId: string | undefined, signal: AbortSignal) => ObservableInput<StreamEvent>;

/** Proxies cut silent connections, mostly after a minute. */
const HEARTBEAT_MS = 15_000;
/** After this the client connects again. */
const RETRY_MS = 3_000;

/**
 * Server-sent events for a handler with Nest's `@Sse()`: heartbeats, resumption by `Last-Event-ID`, and an end when the
 * service stops (an open stream would keep it from stopping for ever).
 *
 * @example \@Sse('events') events(\@Req() request: Request) { return this.streams.open(request, (after) => this.log.after(after)); }
 */
@Injectable()
export class EventStreams implements BeforeApplicationShutdown {
  private readonly ended = new Subject<void>();
  private isEnded = false;

  /** A stream to be returned by the handler. */
  open(request: Request, source: StreamSource): Observable<MessageEvent> {
    const lastEventId = request.get('last-event-id') || undefined;
    return new Observable((subscriber) => {
      if (this.isEnded) return subscriber.complete();
      const stopped = new AbortController();
      subscriber.next({ retry: RETRY_MS });
      const heartbeat = setInterval(() => subscriber.next({ comment: 'alive' }), HEARTBEAT_MS);
      subscriber.add(() => clearInterval(heartbeat));
      subscriber.add(() => stopped.abort());
      subscriber.add(this.ended.subscribe(() => subscriber.complete()));
      subscriber.add(from(source(lastEventId, stopped.signal)).subscribe(subscriber));
      return undefined;
    });
  }

  /** Ends every stream, and each that is asked for from now on. */
  end(): void {
    this.isEnded = true;
    this.ended.next();
  }

  beforeApplicationShutdown(): void {
    this.end();
  }
}
