import type { ConsumerSession, SessionUser } from './consumer-session.js';
import { type ClaimedMessage, claimMessages } from './message-claim.js';
import type { QueueIds } from './postgres-topology.js';
import type { Outcome } from './settlement-writer.js';

/** Rows of one statement at most: bodies may be large. */
const CLAIM_LIMIT = 200;

export interface ConsumerParts {
  readonly session: ConsumerSession;
  readonly ids: QueueIds;
  readonly queueName: string;
  /** The queue is one of dead letters. */
  readonly isDead: boolean;
  readonly prefetch: number;
  readonly find: () => Promise<QueueIds | undefined>;
  readonly take: (message: ClaimedMessage) => void;
}

/** Claims messages of one queue over one session, and never holds more than the prefetch. */
export class QueueConsumer implements SessionUser {
  /** Resolves, with the reason, once the session, the queue or this consumer is at its end. */
  readonly lost: Promise<string>;
  private lose: (reason: string) => void = () => undefined;
  private detach: () => void = () => undefined;
  private readonly inHand = new Set<number>();
  private ended?: Promise<void>;
  private isStopped = false;
  /** The lowest id that no claim has looked for yet; none when all that is known of was taken. */
  private unclaimedFromId: number | undefined = 0;
  private claiming?: Promise<void>;

  constructor(private readonly parts: ConsumerParts) {
    const over = new Promise<string>((resolve) => {
      this.lose = resolve;
    });
    this.lost = Promise.race([over, parts.session.link.lost.then((reason) => reason.message)]);
  }

  get queueId(): number {
    return this.isDead ? this.deadId : this.parts.ids.queueId;
  }

  get deadId(): number {
    return this.parts.ids.deadId;
  }

  get isDead(): boolean {
    return this.parts.isDead;
  }

  get isOpen(): boolean {
    return !this.ended && this.parts.session.link.isOpen;
  }

  /** @throws Error of the connection */
  async start(): Promise<void> {
    this.detach = await this.parts.session.attach(this);
    this.claim();
  }

  wake(fromId: number): void {
    this.unclaimedFromId = Math.min(fromId, this.unclaimedFromId ?? fromId);
    this.claim();
  }

  topologyChanged(): void {
    void this.parts.find().then(
      (ids) => {
        if (ids?.queueId !== this.parts.ids.queueId || ids.deadId !== this.deadId)
          void this.end('the queue was deleted');
      },
      () => undefined,
    );
  }

  /** Resolves when the outcome is stored, or nothing can be stored any more. */
  async settle(id: number, outcome: Outcome): Promise<void> {
    if (!this.inHand.has(id) || !this.isOpen) return;
    await this.parts.session.settlements.write(id, outcome);
    this.inHand.delete(id);
    this.claim();
  }

  /** Takes no more; what is in hand may still be settled. */
  stop(): void {
    this.isStopped = true;
  }

  /**
   * Takes and settles no more; resolves when what was in hand is back in the queue. The session may live on, and its claims
   * with it, so that nobody else would ever free them. A second call joins the first.
   */
  end(reason: string): Promise<void> {
    if (!this.ended) {
      this.stop();
      this.detach();
      this.ended = this.giveBackAll();
      this.lose(reason);
    }
    return this.ended;
  }

  private async giveBackAll(): Promise<void> {
    const { settlements } = this.parts.session;
    await this.claiming;
    // First what was settled just now: it stays in hand until it is stored.
    await settlements.flush();
    await Promise.all([...this.inHand].map((id) => settlements.write(id, { kind: 'release' })));
    this.inHand.clear();
  }

  private claim(): void {
    if (this.claiming || this.isStopped || !this.isOpen || this.unclaimedFromId === undefined) return;
    const free = this.parts.prefetch - this.inHand.size;
    // Half at a time: a claim for every settled message would cost as much as the messages.
    if (free < Math.ceil(this.parts.prefetch / 2)) return;
    const fromId = this.unclaimedFromId;
    this.unclaimedFromId = undefined;
    this.claiming = this.claimFrom(fromId, Math.min(free, CLAIM_LIMIT)).finally(() => {
      this.claiming = undefined;
      this.claim();
    });
  }

  private async claimFrom(fromId: number, limit: number): Promise<void> {
    const { session, queueName } = this.parts;
    try {
      const claim = { sessionId: session.id, queueId: this.queueId, queueName, fromId, limit };
      const messages = await claimMessages(session.link, claim);
      for (const message of messages) this.inHand.add(message.id);
      if (!this.isOpen) return;
      if (messages.length === limit) this.wake(messages.at(-1)!.id + 1);
      for (const message of messages) this.parts.take(message);
    } catch (error) {
      // The session is lost already, or useless: another one begins.
      await session.link.end(error as Error);
    }
  }
}
