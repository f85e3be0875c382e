import { applicationName } from '@lockstep/database';
import { Logger } from '@nestjs/common';
import { backoffMs, pause, upTo } from '../broker/waiting.js';
import { PostgresLink } from './postgres-link.js';

const RECONNECT_BACKOFF = { firstMs: 200, maxMs: 5_000 };
/** A connection on which nothing happens is asked this often whether it still stands. */
const PING_EVERY_MS = 10_000;
const CLOSE_LIMIT_MS = 3_000;

export interface ConnectionOptions {
  readonly url: string;
  readonly service: string;
  /** Shown beside the name: large messages on their way out must not hold up acks, so the two are separate. */
  readonly purpose: 'publish' | 'consume';
  readonly answerTimeoutMs: number;
}

/** A connection that comes back by itself; `begin` makes of each new life what its users work with. */
export class PostgresConnection<T> {
  private readonly log = new Logger('broker');
  private readonly closing = new AbortController();
  private link?: PostgresLink;
  private user?: T;
  private opening?: Promise<void>;
  private running?: Promise<void>;
  private waiting: ((user: T) => void)[] = [];

  constructor(
    private readonly options: ConnectionOptions,
    private readonly begin: (link: PostgresLink) => Promise<T>,
  ) {}

  get connected(): boolean {
    return this.link?.isOpen === true;
  }

  /** Makes the first connection; later ones make themselves. @throws Error of the first connection */
  async open(): Promise<void> {
    this.opening ??= this.openFirst();
    try {
      await this.opening;
    } catch (error) {
      this.opening = undefined;
      throw error;
    }
  }

  /** What the present life is worked with; waits while there is none, after `close` for ever. */
  whenOpen(): Promise<T> {
    if (this.user !== undefined && this.connected) return Promise.resolve(this.user);
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.link?.end(new Error('closed'));
    // An attempt to connect that is under way may take longer; it ends by itself.
    await upTo(this.running ?? Promise.resolve(), CLOSE_LIMIT_MS);
  }

  private async openFirst(): Promise<void> {
    const link = await this.connect();
    if (this.closing.signal.aborted) return link.end(new Error('closed'));
    this.running = this.keepOpen(link);
  }

  private async connect(): Promise<PostgresLink> {
    const { url, service, purpose, answerTimeoutMs } = this.options;
    const link = await PostgresLink.open({ url, name: applicationName(`${service}/${purpose}`), answerTimeoutMs });
    try {
      this.user = await this.begin(link);
    } catch (error) {
      await link.end(error as Error);
      throw error;
    }
    this.link = link;
    for (const resolve of this.waiting.splice(0)) resolve(this.user);
    return link;
  }

  private async keepOpen(first: PostgresLink): Promise<void> {
    for (let link: PostgresLink | undefined = first; link; link = await this.reconnect()) {
      const ping = setInterval(() => void link?.query({ text: 'SELECT 1' }).catch(() => undefined), PING_EVERY_MS);
      const reason = await link.lost;
      clearInterval(ping);
      this.user = undefined;
      if (this.closing.signal.aborted) return;
      this.log.warn(`Connection (${this.options.purpose}) lost: ${reason.message}`);
      await link.end(reason);
    }
  }

  /** Tries for ever; undefined once closed. */
  private async reconnect(): Promise<PostgresLink | undefined> {
    for (let failures = 0; !this.closing.signal.aborted; failures += 1) {
      try {
        const link = await this.connect();
        if (!this.closing.signal.aborted) return link;
        await link.end(new Error('closed'));
      } catch (error) {
        this.log.warn(`Connection (${this.options.purpose}) attempt ${failures + 1}: ${String(error)}`);
        await pause(backoffMs(failures, RECONNECT_BACKOFF), this.closing.signal);
      }
    }
    return undefined;
  }
}
