import { expect } from 'vitest';
import type { App, Stage } from './stage.js';

/** What a bulk load answers. */
export interface BulkAnswer {
  received: number;
  created: number;
  updated: number;
  unchanged: number;
  rejected: number;
  errors: { line: number; code: string; message: string }[];
}

/** Today in London: the day that a run started now will take. */
export function londonToday(): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/London' }).format(new Date());
}

/** Loads people by NDJSON, streamed; every one must be taken. */
export function loadPeople(stage: Stage, people: Iterable<object>): Promise<BulkAnswer> {
  return loadLines(stage, 'tcs', '/api/trainees/bulk', people);
}

/** Loads records through a service's bulk route, streamed; every one must be taken. */
export async function loadLines(stage: Stage, app: App, path: string, records: Iterable<object>): Promise<BulkAnswer> {
  const answer = await stage.call<BulkAnswer>(app, 'POST', path, {
    headers: { 'content-type': 'application/x-ndjson' },
    body: toNdjson(records),
    timeoutMs: 240_000,
  });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  expect(answer.body).toMatchObject({ rejected: 0, errors: [] });
  return answer.body;
}

/** Lines are made as the receiver takes them, about 64 KB at a time. */
function toNdjson(people: Iterable<object>): ReadableStream<Uint8Array> {
  const iterator = people[Symbol.iterator]();
  const encoder = new TextEncoder();
  return new ReadableStream({
    pull(controller) {
      let chunk = '';
      while (chunk.length < 65_536) {
        const { done, value } = iterator.next();
        if (done) {
          if (chunk) controller.enqueue(encoder.encode(chunk));
          controller.close();
          return;
        }
        chunk += `${JSON.stringify(value)}\n`;
      }
      controller.enqueue(encoder.encode(chunk));
    },
  });
}
