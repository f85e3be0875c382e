import type { MessageProperties } from '../broker/broker.js';
import type { PostgresLink } from './postgres-link.js';
import { announce } from './queue-channel.js';

/** What is to become of one claimed message. */
export type Outcome =
  | { readonly kind: 'ack' }
  | { readonly kind: 'release'; readonly isUntouched?: boolean }
  | { readonly kind: 'requeue' }
  | { readonly kind: 'wait'; readonly delayMs: number; readonly properties: MessageProperties }
  | { readonly kind: 'park'; readonly deadId: number; readonly properties: MessageProperties };

type Settled<K extends Outcome['kind']> = { readonly id: number } & Extract<Outcome, { kind: K }>;

/**
 * Writes what becomes of messages, one statement a kind for all that came while the former statements were under way. A
 * message leaves its place and enters the next in one statement: a crash repeats it or has moved it, and loses none.
 */
export class SettlementWriter {
  private outcomes: Settled<Outcome['kind']>[] = [];
  private writing: Promise<void> = Promise.resolve();
  private isScheduled = false;

  constructor(
    private readonly link: PostgresLink,
    private readonly sessionId: number,
    private readonly onDelayed: (delayMs: number) => void,
  ) {}

  /** Resolves when it is written, or when the session is lost and with it the claim. */
  write(id: number, outcome: Outcome): Promise<void> {
    this.outcomes.push({ id, ...outcome } as Settled<Outcome['kind']>);
    return this.flush();
  }

  /** Resolves when everything handed in until now is written or the session is lost. */
  flush(): Promise<void> {
    if (!this.isScheduled) {
      this.isScheduled = true;
      this.writing = this.writing.then(nextTurn).then(() => this.writeAll());
    }
    return this.writing;
  }

  private async writeAll(): Promise<void> {
    this.isScheduled = false;
    const outcomes = this.outcomes.splice(0);
    try {
      await this.ack(ofKind(outcomes, 'ack'));
      await this.release(ofKind(outcomes, 'release'));
      await this.requeue(ofKind(outcomes, 'requeue'));
      await this.delay(ofKind(outcomes, 'wait'));
      await this.park(ofKind(outcomes, 'park'));
    } catch (error) {
      // Whatever is not settled goes back with the session, and comes again.
      await this.link.end(error as Error);
    }
  }

  private async ack(acked: readonly Settled<'ack'>[]): Promise<void> {
    if (acked.length > 0) await this.link.query({ ...ACK, values: [this.sessionId, idsOf(acked)] });
  }

  private async release(released: readonly Settled<'release'>[]): Promise<void> {
    if (released.length === 0) return;
    const untouched = idsOf(released.filter(({ isUntouched }) => isUntouched));
    await this.link.query({ ...RELEASE, values: [this.sessionId, idsOf(released), untouched] });
  }

  private async requeue(requeued: readonly Settled<'requeue'>[]): Promise<void> {
    if (requeued.length > 0) await this.link.query({ ...REQUEUE, values: [this.sessionId, idsOf(requeued)] });
  }

  private async delay(delayed: readonly Settled<'wait'>[]): Promise<void> {
    if (delayed.length === 0) return;
    const delaysMs = delayed.map(({ delayMs }) => delayMs);
    await this.link.query({
      ...DELAY,
      values: [this.sessionId, idsOf(delayed), propertiesOf(delayed), delaysMs],
    });
    this.onDelayed(Math.min(...delaysMs));
  }

  private async park(parked: readonly Settled<'park'>[]): Promise<void> {
    if (parked.length === 0) return;
    const deadIds = parked.map(({ deadId }) => deadId);
    await this.link.query({ ...PARK, values: [this.sessionId, idsOf(parked), propertiesOf(parked), deadIds] });
  }
}

const ACK = {
  name: 'broker-ack',
  text: 'DELETE FROM broker.message WHERE id = ANY($2::bigint[]) AND claimed_by = $1',
};

/** What no handler has seen was not handed over. */
const RELEASE = {
  name: 'broker-release',
  text: `WITH released AS (
      UPDATE broker.message SET claimed_by = NULL, deliveries = deliveries - (id = ANY($3::bigint[]))::int
      WHERE id = ANY($2::bigint[]) AND claimed_by = $1 RETURNING queue_id, id)
    ${announce('released')}`,
};

/** A new id puts it behind what waits already, as if published now. */
const REQUEUE = {
  name: 'broker-requeue',
  text: `WITH requeued AS (
      UPDATE broker.message SET id = nextval('broker.message_id_seq'), claimed_by = NULL, deliveries = 0
      WHERE id = ANY($2::bigint[]) AND claimed_by = $1 RETURNING queue_id, id)
    ${announce('requeued')}`,
};

const DELAY = {
  name: 'broker-delay',
  text: `UPDATE broker.message SET claimed_by = NULL, deliveries = 0, properties = delayed.properties,
      due_at = clock_timestamp() + delayed.delay_ms * interval '1 millisecond'
    FROM unnest($2::bigint[], $3::json[], $4::float8[]) AS delayed (id, properties, delay_ms)
    WHERE message.id = delayed.id AND claimed_by = $1`,
};

/** A new id puts it behind what is parked already. */
const PARK = {
  name: 'broker-park',
  text: `WITH parked AS (
      UPDATE broker.message SET id = nextval('broker.message_id_seq'), queue_id = dead.queue_id, claimed_by = NULL,
        deliveries = 0, properties = dead.properties
      FROM unnest($2::bigint[], $3::json[], $4::int[]) AS dead (id, properties, queue_id)
      WHERE message.id = dead.id AND claimed_by = $1
      RETURNING message.queue_id, message.id)
    ${announce('parked')}`,
};

/** Settlements of one turn of the event loop go together. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function ofKind<K extends Outcome['kind']>(outcomes: readonly Settled<Outcome['kind']>[], kind: K): Settled<K>[] {
  return outcomes.filter((outcome): outcome is Settled<K> => outcome.kind === kind);
}

function idsOf(settled: readonly { readonly id: number }[]): number[] {
  return settled.map(({ id }) => id);
}

function propertiesOf(settled: readonly { readonly properties: MessageProperties }[]): string[] {
  return settled.map(({ properties }) => JSON.stringify(properties));
}
