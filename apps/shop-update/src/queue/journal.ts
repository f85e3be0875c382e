import type { EntityManager } from 'typeorm';
import { type Item, toNanoseconds, updateItems } from './item.js';
import { isEnd, isWaiting, type Status } from './statuses.js';
import type { Flow } from './topics.js';
import { checkTransition, type TransitionNo, toTarget } from './transitions.js';

interface Move {
  readonly itemId: number;
  readonly from: Status | 'none';
  readonly to: Status;
  readonly reason: string | null;
  readonly cause: string;
  readonly callId: number | null;
}

/**
 * The moves of one transaction: each is checked against the table of transitions, and all are written at the end with their
 * history. Whoever uses it has locked the lanes of the items.
 */
export class Journal {
  private readonly items = new Map<number, Item>();
  private readonly moves: Move[] = [];

  /** `flow`: that of the call, or null where it does not matter. */
  constructor(
    readonly now: Date,
    private readonly flow: Flow | null = null,
  ) {}

  /**
   * Leads an item on; what `change` does not name stays, but for the reason and the time it goes on at, which end with the
   * former status.
   * @throws TransitionRefusedError
   */
  take(item: Item, no: TransitionNo, change: Partial<Item> & Pick<Item, 'status'>): Item {
    const { status } = change;
    const next: Item = {
      ...item,
      reason: null,
      availableAt: null,
      blockedBy: null,
      finishedAt: isEnd(status) ? this.now : null,
      ...change,
    };
    checkTransition(no, item.status, toTarget(status, next.reason), this.flow);
    this.items.set(item.id, next);
    this.record(next, item.status, no);
    return next;
  }

  /** Puts an item in line again. */
  enter(item: Item, no: TransitionNo, change: Partial<Item> = {}): Item {
    return this.take(item, no, { status: 'pending', enqueuedAtNs: toNanoseconds(this.now), ...change });
  }

  /** An item that the caller has just inserted. */
  begin(item: Item, no: TransitionNo): void {
    checkTransition(no, 'none', toTarget(item.status, item.reason), this.flow);
    this.record(item, 'none', no);
  }

  /** A change that is no move. */
  keep(item: Item): void {
    this.items.set(item.id, item);
  }

  /** Items as they are now; those of other items are not known here. */
  latest(item: Item): Item {
    return this.items.get(item.id) ?? item;
  }

  /** In the caller's transaction. Ends first: an item that comes back may take the place of one that ends. */
  async write(manager: EntityManager): Promise<void> {
    const items = [...this.items.values()];
    const makesRoom = ({ status, unapplied }: Item): boolean => !isWaiting(status) || unapplied !== null;
    await updateItems(manager, items.filter(makesRoom));
    await updateItems(
      manager,
      items.filter((item) => !makesRoom(item)),
    );
    await writeMoves(manager, this.moves, this.now);
  }

  private record(item: Item, from: Status | 'none', cause: string): void {
    const { id, status, reason, requestId } = item;
    const callId = status === 'pending' || from === 'none' ? null : requestId;
    this.moves.push({ itemId: id, from, to: status, reason, cause, callId });
  }
}

async function writeMoves(manager: EntityManager, moves: readonly Move[], now: Date): Promise<void> {
  if (moves.length === 0) return;
  await manager.query(
    `INSERT INTO sync_item_event (item_id, from_status, to_status, reason, cause, call_id, at)
     SELECT s.item_id, nullif(s.from_status, 'none'), s.to_status, s.reason, s.cause, s.call_id, $7
     FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[])
       WITH ORDINALITY AS s (item_id, from_status, to_status, reason, cause, call_id, place)
     ORDER BY s.place`,
    [
      moves.map(({ itemId }) => itemId),
      moves.map(({ from }) => from),
      moves.map(({ to }) => to),
      moves.map(({ reason }) => reason),
      moves.map(({ cause }) => cause),
      moves.map(({ callId }) => callId),
      now,
    ],
  );
}
