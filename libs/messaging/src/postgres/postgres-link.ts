import { isDatabaseUnavailable } from '@lockstep/database';
import pg from 'pg';
import { upTo } from '../broker/waiting.js';

const CONNECT_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_AFTER_MS = 10_000;
/** A half-open connection does not answer the goodbye. */
const GOODBYE_LIMIT_MS = 2_000;

export interface LinkOptions {
  readonly url: string;
  /** Shown to operators in `pg_stat_activity.application_name`. */
  readonly name: string;
  /** Silence on a statement after which the connection is given up. */
  readonly answerTimeoutMs: number;
}

/** Rows of one statement; `name` has it prepared once a connection. */
export interface Statement {
  readonly text: string;
  readonly name?: string;
  readonly values?: readonly unknown[];
}

/** The connection was lost; whether the statement was carried out is unknown. */
export class LinkLostError extends Error {
  override readonly name = 'LinkLostError';
}

/** One life of a connection: statements take turns on it, and once it is lost it never comes back. */
export class PostgresLink {
  /** Resolves, with the reason, once the connection is lost or ended by whomever. */
  readonly lost: Promise<Error>;
  private isLost = false;
  private lose: (reason: Error) => void = () => undefined;
  private turn: Promise<unknown> = Promise.resolve();

  private constructor(private readonly client: pg.Client) {
    this.lost = new Promise((resolve) => {
      this.lose = (reason) => {
        this.isLost = true;
        resolve(reason);
      };
    });
    client.on('error', (error) => this.lose(error));
    client.on('end', () => this.lose(new Error('the connection was closed')));
  }

  /** @throws Error the server's or the socket's own */
  static async open({ url, name, answerTimeoutMs }: LinkOptions): Promise<PostgresLink> {
    const client = new pg.Client({
      connectionString: url,
      application_name: name,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: answerTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
    });
    const link = new PostgresLink(client);
    await client.connect();
    return link;
  }

  get isOpen(): boolean {
    return !this.isLost;
  }

  onNotification(listener: (channel: string, payload: string) => void): void {
    this.client.on('notification', ({ channel, payload }) => listener(channel, payload ?? ''));
  }

  /**
   * Runs one statement after those before it. Several in one text, without values, are one transaction; the rows are
   * those of the last.
   * @throws LinkLostError when the connection is, or is thereby, lost; else the server's own error
   */
  query<Row>(statement: Statement): Promise<Row[]> {
    const answer = this.turn.then(() => this.send<Row>(statement));
    this.turn = answer.catch(() => undefined);
    return answer;
  }

  /** Gives up the connection: whatever it holds in the server is let go. */
  async end(reason: Error): Promise<void> {
    this.lose(reason);
    await upTo(
      this.client.end().catch(() => undefined),
      GOODBYE_LIMIT_MS,
    );
    this.client.connection.stream.destroy();
  }

  private async send<Row>({ text, name, values }: Statement): Promise<Row[]> {
    if (this.isLost) throw new LinkLostError('the connection is lost');
    try {
      const result: pg.QueryResult | pg.QueryResult[] = await this.client.query({
        text,
        name,
        values: values && [...values],
      });
      const last = Array.isArray(result) ? result.at(-1) : result;
      return (last?.rows ?? []) as Row[];
    } catch (error) {
      if (error instanceof pg.DatabaseError && !isDatabaseUnavailable(error) && !this.isLost) throw error;
      void this.end(error as Error);
      throw new LinkLostError(`the connection was lost: ${String(error)}`, { cause: error });
    }
  }
}
