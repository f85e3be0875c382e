import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { applicationName } from './data-source.js';
import { quoteName } from './quote-name.js';

/** What to listen to, and whom to tell. */
export interface ListenerOptions {
  readonly url: string;
  readonly service: string;
  readonly channels: readonly string[];
  /** A notification arrived. Called in order, not awaited; must not throw. */
  readonly onNotify: (channel: string, payload: string) => void;
  /**
   * Listening has (again) begun. Whatever was notified while nobody listened is lost, so look at the table now.
   * Called after the first connection too; must not throw.
   */
  readonly onListening?: () => void;
  /** The connection was lost or could not be made; another attempt follows. @default ignored */
  readonly onLost?: (error: Error) => void;
  /** How often a silent connection is tried, so that a half-open one is found. Milliseconds. @default 15000 */
  readonly pingEveryMs?: number;
}

const DEFAULT_PING_EVERY_MS = 15_000;
const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 5_000;
const CONNECT_TIMEOUT_MS = 10_000;

/** LISTEN on a connection of its own that comes back by itself, for as long as it is not closed. */
export class Listener {
  private client: pg.Client | undefined;
  private readonly closing = new AbortController();
  private running: Promise<void> | undefined;
  private failures = 0;

  constructor(private readonly options: ListenerOptions) {}

  /** Begins; returns at once and never throws. `onListening` tells when it stands. */
  start(): void {
    this.running ??= this.run();
  }

  /** Ends the connection and every attempt to make one. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.client?.end().catch(() => undefined);
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      const lost = await this.listenUntilLost().catch((error: unknown) => error as Error);
      if (signal.aborted) return;
      this.options.onLost?.(lost);
      const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** this.failures++, MAX_BACKOFF_MS);
      await delay(backoffMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
    }
  }

  /** Resolves with the reason once the connection is lost; rejects when it could not be made. */
  private async listenUntilLost(): Promise<Error> {
    const client = new pg.Client({
      connectionString: this.options.url,
      application_name: applicationName(`${this.options.service}/listen`),
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: CONNECT_TIMEOUT_MS,
      keepAlive: true,
    });
    this.client = client;
    const lost = new Promise<Error>((resolve) => {
      client.on('error', resolve);
      client.on('end', () => resolve(new Error('the listening connection was closed')));
    });
    client.on('notification', ({ channel, payload }) => this.options.onNotify(channel, payload ?? ''));
    const ping = setInterval(
      () => client.query('SELECT 1').catch((error: Error) => client.emit('error', error)),
      this.options.pingEveryMs ?? DEFAULT_PING_EVERY_MS,
    );
    try {
      await client.connect();
      await client.query(this.options.channels.map((channel) => `LISTEN ${quoteName(channel)}`).join('; '));
      this.failures = 0;
      this.options.onListening?.();
      return await lost;
    } finally {
      clearInterval(ping);
      // Not awaited: on a half-open connection the goodbye would wait for an answer that never comes.
      client.end().catch(() => undefined);
    }
  }
}
