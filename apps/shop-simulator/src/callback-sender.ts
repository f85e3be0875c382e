import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Conduct } from './conduct.js';
import { failure } from './stock-room.js';

/** A result that is to be called back. */
export interface PendingCallback {
  readonly requestId: string;
  readonly result: unknown;
}

/** What came of calling back. */
export interface SentCallback {
  readonly requestId: string;
  readonly httpStatus: number | null;
  readonly answer: string;
}

const REVERSED_TOGETHER = 5;
/** How long another is waited for while there are less than that many. */
const REVERSED_WAIT_MS = 1_000;
const ATTEMPTS = 8;
const KEPT = 10_000;

/** Calls results back: now, later, twice, in another order, or when asked to. What is not taken is sent again. */
@Injectable()
export class CallbackSender implements OnApplicationShutdown {
  private readonly stopping = new AbortController();
  private readonly held = new Map<string, PendingCallback>();
  private gathered: PendingCallback[] = [];
  private gathering: NodeJS.Timeout | undefined;
  readonly sent: SentCallback[] = [];

  constructor(private readonly conduct: Conduct) {}

  onApplicationShutdown(): void {
    this.stopping.abort();
    clearTimeout(this.gathering);
  }

  /** Ids of requests whose results wait to be asked for. */
  get waiting(): string[] {
    return [...this.held.keys()];
  }

  /** Sees to a result by the mode in force; resolves before it is sent, except where that is to come early. */
  async take(callback: PendingCallback): Promise<void> {
    const { mode, delayMs } = this.conduct.behaviour.callbacks;
    if (mode === 'held') this.held.set(callback.requestId, callback);
    else if (mode === 'early') await this.sendCopies(callback);
    else if (mode === 'reversed') this.gather(callback);
    else void this.conduct.dawdle(delayMs).then(() => this.sendCopies(callback));
  }

  /** Sends one that is held; false when there is none. It stays, to be sent again. */
  async release(requestId: string): Promise<boolean> {
    const callback = this.held.get(requestId);
    if (callback) await this.sendCopies(callback);
    return callback !== undefined;
  }

  clear(): void {
    this.held.clear();
    this.gathered = [];
    this.sent.length = 0;
  }

  private gather(callback: PendingCallback): void {
    this.gathered.push(callback);
    clearTimeout(this.gathering);
    if (this.gathered.length >= REVERSED_TOGETHER) this.sendGathered();
    else this.gathering = setTimeout(() => this.sendGathered(), REVERSED_WAIT_MS);
  }

  private sendGathered(): void {
    const callbacks = this.gathered.reverse();
    this.gathered = [];
    void callbacks.reduce((before, callback) => before.then(() => this.sendCopies(callback)), Promise.resolve());
  }

  private async sendCopies(callback: PendingCallback): Promise<void> {
    const { copies, contradicting } = this.conduct.behaviour.callbacks;
    for (let copy = 0; copy < copies; copy++) {
      const result = copy > 0 && contradicting ? contradict(callback.result) : callback.result;
      await this.send({ ...callback, result });
    }
  }

  private async send({ requestId, result }: PendingCallback): Promise<void> {
    const { url, apiKey } = this.conduct.behaviour.callbacks;
    if (url === null) return;
    const body = JSON.stringify([
      { jsonrpc: '2.0', method: 'auth', params: { apiKey } },
      { jsonrpc: '2.0', method: 'Callback.process', params: { result }, id: requestId },
    ]);
    for (let attempt = 1; attempt <= ATTEMPTS && !this.stopping.signal.aborted; attempt++) {
      const sent = await this.post(url, requestId, body);
      this.sent.push(sent);
      if (this.sent.length > KEPT) this.sent.splice(0, KEPT / 2);
      if (sent.httpStatus === 200 && !sent.answer.includes('"error"')) return;
      await delay(100 * 2 ** attempt, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    }
  }

  private async post(url: string, requestId: string, body: string): Promise<SentCallback> {
    try {
      const headers = { 'Content-Type': 'application/json' };
      const answer = await fetch(url, { method: 'POST', headers, body, signal: this.stopping.signal });
      return { requestId, httpStatus: answer.status, answer: await answer.text() };
    } catch (error) {
      return { requestId, httpStatus: null, answer: String(error) };
    }
  }
}

function contradict(result: unknown): unknown {
  return Array.isArray(result) ? result.map(() => failure('It went wrong after all', 1)) : failure('It went wrong', 1);
}
