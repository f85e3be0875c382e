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
  const traceId = traceIdOf(from.traceparent) ?? randomBytes(16).toString('hex');
  const requestId = from.requestId && REQUEST_ID.test(from.requestId) ? from.requestId : randomUUID();
  return { requestId, traceId, spanId: newSpanId() };
}

function traceIdOf(traceparent: string | undefined): string | undefined {
  return TRACEPARENT.exec(traceparent ?? '')?.[1];
}

function newSpanId(): string {
  return randomBytes(8).toString('hex');
}

/** The context of whoever works for a run: one trace in every service, found by the run's id. */
export function contextOfRun(runId: string): RequestContext {
  return { requestId: runId, traceId: runId.replaceAll('-', ''), spanId: newSpanId(), runId };
}

/** The context of those who work for several messages at once: what all of them share, else one that begins here. */
export function contextOfTraces(
  sent: readonly { readonly traceparent?: string | undefined; readonly runId?: string | undefined }[],
): RequestContext {
  const traces = new Set(sent.map(({ traceparent }) => traceIdOf(traceparent)));
  const runs = new Set(sent.map(({ runId }) => runId));
  const [runId] = runs;
  return {
    ...newContext(traces.size === 1 ? { traceparent: sent[0]?.traceparent } : {}),
    ...(runs.size === 1 && runId !== undefined && { runId }),
  };
}

/** The header `traceparent` for a message or request that the running context causes; `undefined` outside of one. */
export function currentTraceparent(): string | undefined {
  const context = currentContext();
  return context && `00-${context.traceId}-${context.spanId}-01`;
}
