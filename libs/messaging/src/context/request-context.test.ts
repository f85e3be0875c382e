import { describe, expect, it } from 'vitest';
import {
  contextOfRun,
  contextOfTraces,
  currentContext,
  currentTraceparent,
  newContext,
  runInContext,
} from './request-context.js';

const PARENT = (trace: string) => `00-${trace.repeat(32)}-${'b'.repeat(16)}-01`;
const RUN = '6f1c1f4e-7c1e-4a55-9a0e-2f6f9d0a9b11';

describe('the context of a request', () => {
  it('goes on with a trace and an id that are well formed', () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const context = newContext({ traceparent, requestId: 'abc.1' });
    expect(context).toMatchObject({ traceId: 'a'.repeat(32), requestId: 'abc.1' });
    expect(runInContext(context, currentTraceparent)).toBe(`00-${'a'.repeat(32)}-${context.spanId}-01`);
    expect(currentTraceparent()).toBeUndefined();
  });

  it.each([
    { traceparent: `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`, requestId: 'x'.repeat(65) },
    { traceparent: 'nonsense', requestId: 'line\nbreak' },
    {},
  ])('begins anew instead of %j', (from) => {
    const context = newContext(from);
    expect(context.traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
    expect(context.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('the context of messages', () => {
  it('goes on with the trace and the run that all of them share', () => {
    const sent = [
      { traceparent: PARENT('a'), runId: RUN },
      { traceparent: PARENT('a'), runId: RUN },
    ];
    expect(contextOfTraces(sent)).toMatchObject({ traceId: 'a'.repeat(32), runId: RUN });
  });

  it('begins a trace of its own where they come from several, and names no run', () => {
    const context = contextOfTraces([{ traceparent: PARENT('a'), runId: RUN }, { traceparent: PARENT('c') }]);
    expect(context.traceId).toMatch(/^(?!a{32}|c{32})[0-9a-f]{32}$/);
    expect(context.runId).toBeUndefined();
  });
});

describe('the context of a run', () => {
  it('is one trace through every service that works for it', () => {
    const traces = [1, 2].map(() => contextOfRun(RUN));
    expect(traces[0]).toMatchObject({ traceId: RUN.replaceAll('-', ''), runId: RUN });
    expect(traces[0]?.traceId).toBe(traces[1]?.traceId);
    expect(runInContext(contextOfRun(RUN), currentContext)?.runId).toBe(RUN);
  });
});
