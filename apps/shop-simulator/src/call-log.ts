import { Injectable } from '@nestjs/common';
import type { Entry } from './stock-room.js';

/** A call as it came, and what it was answered. Instants in milliseconds since 1970, with fractions. */
export interface LoggedCall {
  readonly requestId: string;
  readonly method: string;
  readonly flow: string;
  readonly headers: Entry;
  readonly params: Entry;
  readonly receivedAtMs: number;
  answeredAtMs: number | null;
  httpStatus: number | null;
  answer: string | null;
}

/** A shop that runs for days must not fill the memory. */
const KEPT_CALLS = 100_000;

/** What the shop was called with, in the order of arrival, so that order and overlaps can be checked. */
@Injectable()
export class CallLog {
  private calls: LoggedCall[] = [];
  /** Connections that brought a request, answered or not. */
  attempts = 0;

  begin(call: Omit<LoggedCall, 'receivedAtMs' | 'answeredAtMs' | 'httpStatus' | 'answer'>): LoggedCall {
    const logged: LoggedCall = { ...call, receivedAtMs: nowMs(), answeredAtMs: null, httpStatus: null, answer: null };
    this.calls.push(logged);
    if (this.calls.length > KEPT_CALLS) this.calls = this.calls.slice(-KEPT_CALLS / 2);
    return logged;
  }

  end(call: LoggedCall, httpStatus: number | null, answer: string | null): void {
    call.answeredAtMs = nowMs();
    call.httpStatus = httpStatus;
    call.answer = answer;
  }

  list(): readonly LoggedCall[] {
    return this.calls;
  }

  clear(): void {
    this.calls = [];
    this.attempts = 0;
  }
}

function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
