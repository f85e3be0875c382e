import { hostname } from 'node:os';
import { Logger } from '@nestjs/common';
import { type Channel, type ConfirmChannel, connect, type RecoveringChannelModel, type SocketOptions } from 'amqplib';
import { upTo } from '../broker/waiting.js';

/** Silence after which a half-open connection is given up: two missed heartbeats. */
const HEARTBEAT_SECONDS = 10;
/** Limit of the TCP and AMQP handshake. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** A half-open connection does not answer the goodbye. */
const CLOSE_LIMIT_MS = 3_000;
const RECONNECT = { initialDelay: 250, maxDelay: 5_000, jitter: 0.2 };

export interface ConnectionOptions {
  /** `amqp://user:password@host:port/vhost`. */
  readonly url: string;
  /** Names the connection in the management UI: `service@host:pid`. */
  readonly service: string;
  /** Shown beside the name: a blocked publisher must not stop acks, so the two are separate connections. */
  readonly purpose: 'publish' | 'consume';
  /** Retries of the first connection before `open` fails; later ones are retried for ever. */
  readonly initialMaxRetries: number;
}

/**
 * Socket settings of every connection. Without `noDelay` an awaited publish of 2 to 20 KB waits 44 ms for Nagle's
 * algorithm and delayed acknowledgements to agree, against 0.3 ms.
 */
export function socketOptions({ service, purpose }: Pick<ConnectionOptions, 'service' | 'purpose'>): SocketOptions {
  return {
    noDelay: true,
    keepAlive: true,
    keepAliveDelay: 30_000,
    timeout: HANDSHAKE_TIMEOUT_MS,
    clientProperties: { connection_name: `${service}@${hostname()}:${process.pid}`, purpose },
  };
}

/** A connection that comes back by itself. Channels do not: whoever opened one opens it again. */
export class RabbitConnection {
  private readonly log = new Logger('rabbitmq');
  private model?: RecoveringChannelModel;
  private opening?: Promise<RecoveringChannelModel>;
  private isConnected = false;
  private unblock?: () => void;
  private unblocked: Promise<void> = Promise.resolve();

  constructor(private readonly options: ConnectionOptions) {}

  get connected(): boolean {
    return this.isConnected;
  }

  get blocked(): boolean {
    return this.unblock !== undefined;
  }

  /** Resolves when the broker accepts messages. */
  whenUnblocked(): Promise<void> {
    return this.unblocked;
  }

  /** @throws Error the broker's or the socket's own, once the first connection's retries are used up */
  async open(): Promise<void> {
    this.opening ??= this.connectFirst();
    try {
      await this.opening;
    } catch (error) {
      this.opening = undefined;
      throw error;
    }
  }

  /** Waits while the connection is down. The channel has an error listener already: without one a 404 ends the process. */
  async createChannel(): Promise<Channel> {
    await this.open();
    return listened(await this.model!.createChannel());
  }

  /** As {@link createChannel}, with publisher confirms. */
  async createConfirmChannel(): Promise<ConfirmChannel> {
    await this.open();
    return listened(await this.model!.createConfirmChannel());
  }

  async close(): Promise<void> {
    this.isConnected = false;
    if (this.model) await upTo(this.model.close(), CLOSE_LIMIT_MS);
  }

  private async connectFirst(): Promise<RecoveringChannelModel> {
    const model = await connect(withHeartbeat(this.options.url), {
      ...socketOptions(this.options),
      // Not awaited here, so that the listeners are there before the first event.
      recovery: { ...RECONNECT, initialMaxRetries: this.options.initialMaxRetries, waitForConnect: false },
    });
    this.model = model;
    this.listen(model);
    await model.waitForConnect();
    return model;
  }

  private listen(model: RecoveringChannelModel): void {
    const { purpose } = this.options;
    model.on('connect', () => {
      this.isConnected = true;
    });
    model.on('disconnect', (error: Error) => {
      this.isConnected = false;
      this.setUnblocked();
      this.log.warn(`Connection (${purpose}) lost: ${error.message}`);
    });
    model.on('reconnect-scheduled', ({ attempt, delay, error }) => {
      this.log.warn(`Connection (${purpose}) attempt ${attempt} in ${delay} ms: ${error.message}`);
    });
    model.on('blocked', (reason: string) => {
      this.log.warn(`The broker accepts no messages: ${reason}`);
      this.unblocked = new Promise((resolve) => {
        this.unblock = resolve;
      });
    });
    model.on('unblocked', () => this.setUnblocked());
    // Told by 'disconnect' already; without a listener Node would end the process.
    model.on('error', () => undefined);
    model.on('handler-error', (error: Error) => this.log.error(`Connection (${purpose}): ${error.stack}`));
  }

  private setUnblocked(): void {
    this.unblock?.();
    this.unblock = undefined;
  }
}

function listened<C extends Channel>(channel: C): C {
  channel.on('error', () => undefined);
  return channel;
}

function withHeartbeat(url: string): string {
  const parsed = new URL(url);
  if (!parsed.searchParams.has('heartbeat')) parsed.searchParams.set('heartbeat', String(HEARTBEAT_SECONDS));
  return parsed.toString();
}
