import type { EntityManager } from 'typeorm';
import {
  copyItem,
  type Item,
  type ItemChange,
  isAsRead,
  onlyChange,
  type Statement,
  sameChangeSql,
  toNanoseconds,
  updatesOf,
} from './item.js';
import { isEnd, type Status } from './statuses.js';
import type { Flow } from './topics.js';
import { checkTransition, type TransitionNo, toTarget } from './transitions.js';

/** What happens to an item in one transaction, move by move. */
interface Way {
  readonly itemId: number;
  readonly from: Status | 'none';
  readonly via: readonly Status[];
  readonly to: Status;
  readonly reason: string | null;
  readonly causes: readonly string[];
  readonly callId: number | null;
}

/**
 * The moves of one transaction: each is checked against the table of transitions, and all are written at the end with their
 * history. Whoever uses it has locked the lanes of the items.
 */
export class Journal {
  private readonly items = new Map<number, Item>();
  /** As their rows are. */
  private readonly formers = new Map<number, Item>();
  private readonly ways: Way[] = [];
  /** The last way of each item, by its place. */
  private readonly lastWays = new Map<number, number>();

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
    const next: Item = Object.assign(
      copyItem(item),
      { reason: null, availableAt: null, blockedBy: null, finishedAt: isEnd(status) ? this.now : null },
      change,
    );
    checkTransition(no, item.status, toTarget(status, next.reason), this.flow);
    this.remember(item, next);
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
    this.remember(item, item);
  }

  /** Items as they are now; those of other items are not known here. */
  latest(item: Item): Item {
    return this.items.get(item.id) ?? item;
  }

  /** In the caller's transaction. All of it is sent at once: whoever asks afterwards need not wait for it. */
  async write(manager: EntityManager): Promise<void> {
    await Promise.all(this.statements().map(([sql, values]) => manager.query(sql, values)));
  }

  private statements(): Statement[] {
    const atOnce = this.statementOfAll();
    if (atOnce) return [atOnce];
    return [...updatesOf(this.changes()), ...historyOf(this.ways, this.now)];
  }

  /** Items that all go the same way, as those of a call mostly do, are written with their history by one statement. */
  private statementOfAll(): Statement | undefined {
    const [way] = this.ways;
    if (!way || this.ways.length !== this.items.size || !this.ways.every((other) => isSameWay(other, way)))
      return undefined;
    if (![...this.items.keys()].every((id) => this.lastWays.has(id))) return undefined;
    const change = onlyChange(this.changes());
    if (!change) return undefined;
    const sql = `WITH moved AS (${sameChangeSql(change)}) ${sameWaySql(way, change.ids.length, change.values.length + 2)}`;
    return [sql, [change.ids, ...change.values, ...sameWayValues(way, this.now)]];
  }

  private changes(): ItemChange[] {
    return [...this.items.values()].map((item) => ({ item, former: this.formers.get(item.id) }));
  }

  private remember(given: Item, next: Item): void {
    if (!this.items.has(given.id) && isAsRead(given)) this.formers.set(given.id, given);
    this.items.set(given.id, next);
  }

  private record(item: Item, from: Status | 'none', cause: string): void {
    const { id, status, reason, requestId } = item;
    const callId = status === 'pending' || from === 'none' ? null : requestId;
    const place = this.lastWays.get(id);
    const former = place === undefined ? undefined : this.ways[place];
    // A reason belongs to the status that it came with: such a move ends its way.
    if (place !== undefined && former && former.reason === null && former.to === from) {
      const [via, causes] = [
        [...former.via, former.to],
        [...former.causes, cause],
      ];
      this.ways[place] = { itemId: id, from: former.from, via, to: status, reason, causes, callId };
      return;
    }
    this.lastWays.set(id, this.ways.length);
    this.ways.push({ itemId: id, from, via: [], to: status, reason, causes: [cause], callId });
  }
}

function historyOf(ways: readonly Way[], now: Date): Statement[] {
  const [first] = ways;
  if (!first) return [];
  const itemIds = ways.map(({ itemId }) => itemId);
  const list = (values: readonly string[]): string => `{${values.join(',')}}`;
  if (ways.every((way) => isSameWay(way, first)) && new Set(itemIds).size === itemIds.length)
    return [[sameWaySql(first, itemIds.length, 2), [itemIds, ...sameWayValues(first, now)]]];
  const values = [
    itemIds,
    ways.map(({ from }) => from),
    ways.map(({ via }) => list(via)),
    ways.map(({ to }) => to),
    ways.map(({ reason }) => reason),
    ways.map(({ causes }) => list(causes)),
    ways.map(({ callId }) => callId),
    now,
  ];
  return [[WAYS_SQL, values]];
}

function isSameWay(one: Way, other: Way): boolean {
  return (
    one.from === other.from &&
    one.to === other.to &&
    one.reason === other.reason &&
    one.callId === other.callId &&
    one.causes.length === other.causes.length &&
    one.causes.every((cause, at) => cause === other.causes[at]) &&
    one.via.every((status, at) => status === other.via[at])
  );
}

const WAYS_SQL = `
  INSERT INTO sync_item_event (item_id, from_status, via, to_status, reason, causes, call_id, at)
  SELECT s.item_id, nullif(s.from_status, 'none'), s.via::text[], s.to_status, s.reason, s.causes::text[], s.call_id, $8
  FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])
    WITH ORDINALITY AS s (item_id, from_status, via, to_status, reason, causes, call_id, place)
  ORDER BY s.place`;

/** `$1`: the items, so many; from `$first` on what is the same of all of them. Of several of a call it is one row. */
function sameWaySql({ callId: ofCall }: Way, items: number, first: number): string {
  const [from, via, to, reason, causes, callId, at] = Array.from({ length: 7 }, (_, place) => `$${first + place}`);
  if (ofCall !== null && items > 1)
    return `INSERT INTO sync_call_event (item_ids, from_status, via, to_status, reason, causes, call_id, at)
      VALUES ($1::bigint[], nullif(${from}::text, 'none'), ${via}::text[], ${to}::text, ${reason}::text, ${causes}::text[],
        ${callId}::bigint, ${at}::timestamptz)`;
  return `INSERT INTO sync_item_event (item_id, from_status, via, to_status, reason, causes, call_id, at)
    SELECT item_id, nullif(${from}::text, 'none'), ${via}::text[], ${to}::text, ${reason}::text, ${causes}::text[],
      ${callId}::bigint, ${at}::timestamptz
    FROM unnest($1::bigint[]) AS item_id`;
}

function sameWayValues({ from, via, to, reason, causes, callId }: Way, now: Date): unknown[] {
  return [from, via, to, reason, causes, callId, now];
}
