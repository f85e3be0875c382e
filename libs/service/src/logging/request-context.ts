import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes, randomUUID } from 'node:crypto';

/** What one request or message carries through everything that it causes; each member stands in each log line. */
export interface RequestContext {
  readonly requestId: string;
  /** W3C trace id, 32 hex digits. */
  readonly traceId: string;
  /** W3C id of our own span, 16 hex digits. */
  readonly spanId: string;
  /** Set by the access guard. */
  actor?: string;
  /** Set by whoever works for a run. */
  runId?: string;
}

const storage = new AsyncLocalStorage<RequestContext>();

/** The context of the running request or message, if any. */
export function currentContext(): RequestContext | undefined {
  return storage.getStore();
}

/** Runs `work` and everything that it starts in a context. */
export function runInContext<T>(context: RequestContext, work: () => T): T {
  return storage.run(context, work);
}

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const REQUEST_ID = /^[\w.:-]{1,64}$/;

/** A context that goes on with the caller's trace and request id where they are well formed, else begins new ones. */
export function newContext(
  from: { traceparent?: string | undefined; requestId?: string | undefined } = {},
): RequestContext {
  const traceId = TRACEPARENT.exec(from.traceparent ?? '')?.[1] ?? randomBytes(16).toString('hex');
  const requestId = from.requestId && REQUEST_ID.test(from.requestId) ? from.requestId : randomUUID();
  return { requestId, traceId, spanId: randomBytes(8).toString('hex') };
}

/** The header `traceparent` for a message or request that the running context causes; `undefined` outside of one. */
export function currentTraceparent(): string | undefined {
  const context = currentContext();
  return context && `00-${context.traceId}-${context.spanId}-01`;
}
