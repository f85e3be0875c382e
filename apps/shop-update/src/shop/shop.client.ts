import type { LookupFunction } from 'node:net';
import { Agent, type Dispatcher, errors } from 'undici';
import type { CallErrorReason, CallOutcome, ShopCall } from '../queue/shop-call.js';
import type { Settings } from '../shop-config/settings.js';
import { toHeaders } from './call-headers.js';
import { AddressRefusedError, checkedLookup } from './checked-lookup.js';
import { toEnvelope } from './envelope.js';
import { readAnswer, refuseAck } from './read-answer.js';
import { readRetryAfter } from './read-retry-after.js';
import { refuseShopUrl } from './shop-url.js';

/** More than any answer to 50 products takes. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
/** Shorter than a server keeps a silent connection, so that no call meets one that is being closed. */
const KEEP_ALIVE_MS = 4_000;
const MAX_CONNECTIONS = 64;

interface Request {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What was said, what was answered, and what that means. Credentials stand in the body. */
export interface SentCall extends Request {
  readonly outcome: CallOutcome;
  /** As it came; null when there was none. */
  readonly answer: string | null;
}

type Failed = Extract<CallOutcome, { kind: 'failed' }>;

/** Sends calls to the shop: connections are kept, redirects are not followed, addresses are checked where they must be. */
export class ShopClient {
  private agent: { readonly connectSeconds: number; readonly agent: Agent } | undefined;

  constructor(
    private readonly allowPrivate: boolean,
    private readonly lookup: LookupFunction = checkedLookup(),
  ) {}

  /** What came of it; never throws for what the shop or the network does. */
  async send(call: ShopCall, settings: Settings): Promise<SentCall> {
    const { shopUrl } = settings;
    const request = { headers: toHeaders(call, settings), body: toEnvelope(call, settings) };
    const refusal = shopUrl === null ? 'is not set' : refuseShopUrl(shopUrl, this.allowPrivate);
    if (shopUrl === null || refusal !== undefined)
      return { ...request, outcome: failed('address_refused', `The shopUrl ${refusal}.`), answer: null };
    const timeoutMs = (call.flow === 'asynchronous' ? settings.ackSeconds : settings.responseSeconds) * 1_000;
    try {
      const answer = await this.post(new URL(shopUrl), request, settings, timeoutMs);
      return { ...request, outcome: toOutcome(call, settings, answer), answer: answer.text };
    } catch (error) {
      return { ...request, outcome: toFailure(error, timeoutMs), answer: null };
    }
  }

  async close(): Promise<void> {
    await this.agent?.agent.destroy();
  }

  private async post(
    url: URL,
    { headers: sentHeaders, body: sentBody }: Request,
    settings: Settings,
    timeoutMs: number,
  ): Promise<Answer> {
    // One limit for everything, so that an answer cannot drip for ever.
    const giveUp = new AbortController();
    const limitMs = settings.connectSeconds * 1_000 + timeoutMs;
    const timer = setTimeout(() => giveUp.abort(new DOMException('it took too long', 'TimeoutError')), limitMs);
    try {
      const { statusCode, headers, body } = await this.agentFor(settings).request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: 'POST',
        headers: sentHeaders,
        body: sentBody,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        signal: giveUp.signal,
      });
      return { status: statusCode, retryAfter: headers['retry-after'], text: await readText(body) };
    } finally {
      clearTimeout(timer);
    }
  }

  private agentFor({ connectSeconds }: Settings): Agent {
    if (this.agent?.connectSeconds === connectSeconds) return this.agent.agent;
    void this.agent?.agent.close().catch(() => undefined);
    const agent = new Agent({
      connect: { timeout: connectSeconds * 1_000, ...(this.allowPrivate ? {} : { lookup: this.lookup }) },
      autoSelectFamily: false,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connections: MAX_CONNECTIONS,
      pipelining: 1,
    });
    this.agent = { connectSeconds, agent };
    return agent;
  }
}

interface Answer {
  readonly status: number;
  readonly retryAfter: string | string[] | undefined;
  readonly text: string;
}

class AnswerTooLargeError extends Error {}

async function readText(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new AnswerTooLargeError();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function toOutcome(call: ShopCall, settings: Settings, { status, retryAfter, text }: Answer): CallOutcome {
  if (status < 200 || status > 299) {
    const retryAfterMs = status === 429 || status === 503 ? readRetryAfter(retryAfter, Date.now()) : undefined;
    const detail = `The shop answered ${status}.`;
    return { ...failed('http_status', detail, status), ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  }
  if (call.flow === 'asynchronous') {
    const refusal = refuseAck(text, call.id, settings.ackMode);
    return refusal ? failed(refusal.reason, refusal.detail, status) : { kind: 'acknowledged', httpStatus: status };
  }
  const answer = readAnswer(text, call.id);
  if ('reason' in answer) return failed(answer.reason, answer.detail, status);
  return { kind: 'answered', httpStatus: status, result: answer.result };
}

function failed(reason: CallErrorReason, detail: string, httpStatus?: number): Failed {
  return { kind: 'failed', reason, detail, ...(httpStatus === undefined ? {} : { httpStatus }) };
}

function toFailure(error: unknown, timeoutMs: number): Failed {
  if (error instanceof AnswerTooLargeError)
    return failed('too_large', `The answer is larger than ${MAX_ANSWER_BYTES} bytes.`);
  if (error instanceof AddressRefusedError) return failed('address_refused', error.message);
  const { name, code, message } = error as Error & { code?: string };
  if (error instanceof errors.ConnectTimeoutError) return failed('connection', 'The shop took no connection in time.');
  const isTimeout = name === 'TimeoutError' || /_TIMEOUT$/.test(code ?? '');
  if (isTimeout) return failed('timeout', `The shop gave no answer within ${timeoutMs / 1_000} s.`);
  return failed(isLost(error) ? 'connection_lost' : 'connection', code ? `${code}: ${message}` : message);
}

/** Errors of a connection that stood; whatever else happens happens while one is made. */
function isLost(error: unknown): boolean {
  return (
    error instanceof errors.SocketError || /^(ECONNRESET|EPIPE|HPE_\w+)$/.test((error as { code?: string }).code ?? '')
  );
}
