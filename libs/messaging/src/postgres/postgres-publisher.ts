import { Logger } from '@nestjs/common';
import type { OutgoingMessage } from '../broker/broker.js';
import { InFlightWindow } from '../broker/in-flight-window.js';
import { PublishUnconfirmedError, UnroutableError } from '../broker/publish-errors.js';
import { backoffMs, pause, within } from '../broker/waiting.js';
import type { MessagingCounters } from '../counters.js';
import { isRoutedAt, type RoutedMessage, storeMessages } from './message-insert.js';
import { LinkLostError, type PostgresLink } from './postgres-link.js';
import { loadRoutes } from './postgres-topology.js';
import type { RouteTable } from './route-table.js';

const REFUSED_BACKOFF = { firstMs: 100, maxMs: 2_000 };
/** SQL states of a full disk or exhausted memory: nothing is wrong with the message. */
const OUT_OF_RESOURCES = /^53/;
/** Messages and bytes of one statement at most; one message always fits. */
const GROUP = { messages: 500, bytes: 4 * 1024 * 1024 };

export interface PublisherOptions {
  /** How long a publish waits for its commit, connecting included, once it is its turn. */
  readonly confirmTimeoutMs: number;
  readonly maxInFlight: number;
  readonly maxInFlightBytes: number;
  /** The present connection; waits while there is none. Rejects when the first cannot be made. */
  readonly whenOpen: () => Promise<PostgresLink>;
}

/** A message on its way; forgotten once its caller has an answer or waits no more. */
interface Entry {
  readonly message: OutgoingMessage;
  readonly answer: Promise<void>;
  readonly confirm: () => void;
  readonly fail: (error: Error) => void;
  /** Handed to the server at least once. */
  isSent: boolean;
}

/**
 * Stores messages in the order in which they come. One statement is under way at a time; what comes meanwhile goes with
 * the next, so that a burst costs a few commits instead of one a message.
 */
export class PostgresPublisher {
  private readonly log = new Logger('broker');
  private readonly window: InFlightWindow;
  private readonly entries = new Set<Entry>();
  private routes?: RouteTable;
  private isWriting = false;
  private refusals = 0;

  constructor(
    private readonly options: PublisherOptions,
    private readonly counters: MessagingCounters,
  ) {
    this.window = new InFlightWindow(options.maxInFlight, options.maxInFlightBytes);
  }

  /** The database stores nothing for lack of disk or memory, and what waits is tried again. */
  get blocked(): boolean {
    return this.refusals > 0;
  }

  async publish(message: OutgoingMessage): Promise<void> {
    const bytes = message.body.length;
    await this.window.enter(bytes);
    const entry = toEntry(message);
    try {
      await this.publishEntry(entry);
      this.counters.add('messaging_published_total', { outcome: 'confirmed' });
    } catch (error) {
      this.counters.add('messaging_published_total', { outcome: outcomeOf(error) });
      throw error;
    } finally {
      this.entries.delete(entry);
      this.window.leave(bytes);
    }
  }

  /** Resolves when nothing waits for its commit. */
  flush(): Promise<void> {
    return this.window.empty();
  }

  private async publishEntry(entry: Entry): Promise<void> {
    this.entries.add(entry);
    if (!this.isWriting) {
      this.isWriting = true;
      // Whatever else is published in this turn of the event loop goes along.
      setImmediate(() => void this.writeAll());
    }
    const late = (): Error =>
      new PublishUnconfirmedError(entry.message, this.blocked ? 'refused' : entry.isSent ? 'timeout' : 'not connected');
    await within(entry.answer, this.options.confirmTimeoutMs, late);
  }

  private async writeAll(): Promise<void> {
    while (this.entries.size > 0) {
      const link = await this.options.whenOpen().catch((error: unknown) => this.failAll(error));
      if (link) await this.writeGroup(link);
    }
    this.refusals = 0;
    this.isWriting = false;
  }

  /** No connection is to be had: nothing was sent. */
  private failAll(error: unknown): void {
    this.log.warn(`No connection to publish on: ${String(error)}`);
    for (const { message, fail } of this.take([...this.entries])) {
      fail(new PublishUnconfirmedError(message, 'not connected'));
    }
  }

  private async writeGroup(link: PostgresLink): Promise<void> {
    const group = firstGroup(this.entries);
    if (group.length === 0) return;
    try {
      await this.store(link, group);
      this.refusals = 0;
      this.take(group);
    } catch (error) {
      if (isRefusal(error)) return this.waitAfterRefusal(error);
      this.take(group);
      if (error instanceof LinkLostError) {
        for (const { message, fail } of group) fail(new PublishUnconfirmedError(message, 'closed'));
      } else await this.storeOneByOne(link, group, error as Error);
    }
  }

  private async waitAfterRefusal(error: unknown): Promise<void> {
    this.log.warn(`The database stores no messages: ${String(error)}`);
    this.refusals += 1;
    await pause(backoffMs(this.refusals, REFUSED_BACKOFF));
  }

  private take(group: readonly Entry[]): readonly Entry[] {
    for (const entry of group) this.entries.delete(entry);
    return group;
  }

  /** One message that the server cannot take must not cost its neighbours. */
  private async storeOneByOne(link: PostgresLink, group: readonly Entry[], error: Error): Promise<void> {
    if (group.length === 1) return group[0]!.fail(error);
    for (const entry of group) {
      await this.store(link, [entry]).catch((alone: Error) =>
        entry.fail(alone instanceof LinkLostError ? new PublishUnconfirmedError(entry.message, 'closed') : alone),
      );
    }
  }

  private async store(link: PostgresLink, group: readonly Entry[]): Promise<void> {
    let routed: RoutedMessage[];
    do {
      this.routes ??= await loadRoutes(link);
      routed = group.map(({ message }) => ({
        message,
        queueIds: this.routes!.queuesFor(message.exchange, message.routingKey),
      }));
      for (const entry of group) entry.isSent = true;
    } while (!(await this.isStored(link, routed)));
    group.forEach((entry, index) => {
      if (routed[index]!.queueIds.length > 0) entry.confirm();
      else entry.fail(new UnroutableError(entry.message));
    });
  }

  /** False, with nothing stored, when the routes have changed meanwhile. */
  private async isStored(link: PostgresLink, routed: readonly RoutedMessage[]): Promise<boolean> {
    const { version } = this.routes!;
    const someRouted = routed.filter(({ queueIds }) => queueIds.length > 0);
    const isCurrent =
      someRouted.length > 0 ? await storeMessages(link, version, someRouted) : await isRoutedAt(link, version);
    if (!isCurrent) this.routes = undefined;
    return isCurrent;
  }
}

function toEntry(message: OutgoingMessage): Entry {
  let confirm: () => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const answer = new Promise<void>((resolve, reject) => {
    confirm = resolve;
    fail = reject;
  });
  return { message, answer, confirm, fail, isSent: false };
}

function firstGroup(entries: Iterable<Entry>): Entry[] {
  const group: Entry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    bytes += entry.message.body.length;
    if (group.length > 0 && (group.length >= GROUP.messages || bytes > GROUP.bytes)) break;
    group.push(entry);
  }
  return group;
}

function isRefusal(error: unknown): boolean {
  return OUT_OF_RESOURCES.test(String((error as { code?: unknown }).code));
}

function outcomeOf(error: unknown): string {
  if (error instanceof UnroutableError) return 'unroutable';
  return error instanceof PublishUnconfirmedError ? error.reason : 'failed';
}
