/**
 * Where a return stands, from everything that was ever told of it: a pure function of the log, so that the order in which
 * events arrive changes nothing. The rules stand in this folder's README.
 */
import {
  type EventSource,
  type ItemStatus,
  isTerminal,
  itemStatusOf,
  type ReturnStatus,
  returnStatusOf,
  toWord,
} from './status-words.js';

/** One thing that was told. Instants are RFC 3339 in UTC. */
export interface ReturnEvent {
  readonly id: number;
  readonly source: EventSource;
  readonly status: string;
  /** When it happened, as who tells of it says; null, or the beginning of 1970, where they do not know. */
  readonly externalUpdatedAt: string | null;
  readonly createdAt: string;
  readonly returnItemId: number | null;
  readonly itemStatus: string | null;
  readonly details: EventDetails | null;
}

/** What a warehouse has found. */
export interface EventDetails {
  readonly itemCondition?: 'SELLABLE' | 'NON_SELLABLE' | null;
  readonly qcRejectionReasons?: readonly string[] | null;
  readonly actionTaken?: string | null;
  readonly shelf?: string | null;
}

/** What is known of a return before anything happened to it. */
export interface FoldedReturn {
  readonly returnType: string;
  readonly pickupType: string | null;
  readonly itemIds: readonly number[];
}

/** Where an item stands. */
export interface FoldedItem {
  readonly status: ItemStatus;
  /** When it got there; null while nothing was told. */
  readonly at: string | null;
  readonly details: EventDetails | null;
}

/** What became of a return. */
export interface FoldedStatus {
  readonly status: ReturnStatus;
  /** When it got there; null while nothing was told. */
  readonly statusUpdatedAt: string | null;
  /** The newest word of all, as it was told. */
  readonly rawStatus: string | null;
  /** The newest word, in our spelling, that was told of the return. */
  readonly latestStatus: string | null;
  /** By word, when it was told of last. */
  readonly statusLog: Readonly<Record<string, string>>;
  readonly isCancelled: boolean;
  readonly items: ReadonlyMap<number, FoldedItem>;
  readonly pickedUpAt: string | null;
  readonly onTheWayAt: string | null;
  readonly deliveredAt: string | null;
  readonly receivedAt: string | null;
  readonly completedAt: string | null;
  readonly cancelledAt: string | null;
  /** Words that nobody here knows. */
  readonly unknownWords: readonly string[];
  readonly failedPickups: number;
  /** What the order's customer is shown of the order's items once the return was cancelled. */
  readonly orderItemStatus: 'DELIVERED' | 'HANDOVER_DONE' | null;
}

/** Pickup that somebody else arranges: the parcel is on its way when we hear of it. */
const PICKED_UP_BY_OTHERS: ReadonlySet<string> = new Set([
  'third_party',
  'marketplace',
  'self_ship',
  'self',
  'seller',
  'rto',
  'drop_off',
]);

/** An event with all that is asked of it more than once. Made field by field: a copy of the event costs as much as a document. */
interface Told extends Pick<ReturnEvent, 'id' | 'source' | 'status' | 'returnItemId' | 'itemStatus' | 'details'> {
  readonly at: string;
  readonly atMs: number;
  readonly word: string;
  /** What it says of the parcel: null for a known word that changes nothing, undefined for an unknown one. */
  readonly state: ReturnStatus | null | undefined;
  /** What it says of items; undefined: nothing. */
  readonly itemState: ItemStatus | undefined;
}

/** Folds the log of one return. */
export function foldEvents(known: FoldedReturn, events: readonly ReturnEvent[]): FoldedStatus {
  const log = events.map(toTold).sort(byTime);
  const own = log.filter(({ source }) => source !== 'forward');
  const way = foldWay(known, own);
  const items = foldItems(known.itemIds, own, way.receivedAt);
  const ends = known.itemIds.map((id) => items.get(id)!);
  const isComplete = ends.length > 0 && ends.every(({ status }) => isTerminal(status));
  const completedAt = isComplete ? latest(ends.map(({ at }) => at)) : null;
  const isCancelled = way.status === 'PICKUP_CANCELLED' && !isComplete;
  const last = own.at(-1);
  return {
    status: isComplete ? 'RETURNED' : way.status,
    statusUpdatedAt: isComplete ? completedAt : way.statusUpdatedAt,
    pickedUpAt: way.pickedUpAt,
    onTheWayAt: way.onTheWayAt,
    deliveredAt: way.deliveredAt,
    receivedAt: way.receivedAt,
    rawStatus: last?.status ?? null,
    latestStatus: last?.word ?? null,
    statusLog: Object.fromEntries(own.map(({ word, at }) => [word, at])),
    isCancelled,
    cancelledAt: isCancelled ? way.statusUpdatedAt : null,
    completedAt,
    items,
    unknownWords: [...new Set(own.filter(isUnknown).map(({ word }) => word))],
    failedPickups: own.filter(({ word }) => word === 'pickup_failed').length,
    orderItemStatus: isCancelled ? foldForward(log) : null,
  };
}

interface Way {
  readonly status: ReturnStatus;
  readonly statusUpdatedAt: string | null;
  readonly pickedUpAt: string | null;
  readonly onTheWayAt: string | null;
  readonly deliveredAt: string | null;
  readonly receivedAt: string | null;
}

/** The parcel: what happened last counts, but nothing a courier says undoes a cancellation or what a warehouse holds. */
function foldWay(known: FoldedReturn, log: readonly Told[]): Way {
  let status = initialStatus(known);
  let statusUpdatedAt: string | null = null;
  let pickedUpAt: string | null = null;
  let onTheWayAt: string | null = null;
  let deliveredAt: string | null = null;
  const received = log.find((told) => told.state === 'RETURN_IN_PROCESSING' || isQcOfWarehouse(told));
  for (const told of log) {
    const { state } = told;
    if (state === 'RETURN_ON_THE_WAY') onTheWayAt ??= told.at;
    if (told.word === 'picked_up') pickedUpAt ??= told.at;
    if (state === 'RETURN_DELIVERED') deliveredAt = told.at;
    const next = told === received ? 'RETURN_IN_PROCESSING' : state;
    if (next === null || next === undefined || !mayFollow(status, next, told.source, received !== undefined)) continue;
    if (next !== status || statusUpdatedAt === null) statusUpdatedAt = told.at;
    status = next;
  }
  return {
    status,
    statusUpdatedAt,
    pickedUpAt: pickedUpAt ?? onTheWayAt,
    onTheWayAt,
    deliveredAt,
    receivedAt: received?.at ?? null,
  };
}

function mayFollow(status: ReturnStatus, next: ReturnStatus, source: EventSource, isReceived: boolean): boolean {
  if (next === 'RETURN_IN_PROCESSING') return true;
  // Once a warehouse has it, whatever else is told of the way is noise, before or after.
  if (isReceived) return false;
  return status !== 'PICKUP_CANCELLED' || source === 'warehouse' || next === 'PICKUP_CANCELLED';
}

function foldItems(ids: readonly number[], log: readonly Told[], receivedAt: string | null): Map<number, FoldedItem> {
  const start: FoldedItem = receivedAt
    ? { status: 'IN_PROCESSING', at: receivedAt, details: null }
    : { status: 'PENDING', at: null, details: null };
  const items = new Map(ids.map((id) => [id, start]));
  const byWarehouse = new Set<number>();
  for (const told of log) {
    const { itemState: status } = told;
    if (status === undefined) continue;
    for (const id of told.returnItemId === null ? ids : [told.returnItemId]) {
      const item = items.get(id);
      if (!item || !mayChange(item, status, told, byWarehouse.has(id))) continue;
      if (told.source === 'warehouse' && isTerminal(status)) byWarehouse.add(id);
      items.set(id, { status, at: told.at, details: told.details ?? item.details });
    }
  }
  return items;
}

/** An end is only ever replaced by another one that a warehouse tells of. */
function mayChange(item: FoldedItem, next: ItemStatus, { source }: Told, isWarehouseEnd: boolean): boolean {
  if (source === 'warehouse') return isTerminal(next) || !isTerminal(item.status);
  return !isWarehouseEnd && !isTerminal(item.status);
}

type Words = Pick<ReturnEvent, 'source' | 'returnItemId' | 'itemStatus'> & { readonly word: string };

/** What is told of the parcel. A courier who has lost one item of several has not lost the parcel. */
function stateOf({ source, word }: Words, itemState: ItemStatus | undefined): ReturnStatus | null | undefined {
  if (source === 'forward' || (source === 'courier' && itemState !== undefined)) return null;
  return returnStatusOf(source, word);
}

function isQcOfWarehouse({ source, itemState }: Told): boolean {
  return source === 'warehouse' && itemState !== undefined;
}

/** A courier tells of an item only by naming it. */
function itemStateOf({ source, word, itemStatus, returnItemId }: Words): ItemStatus | undefined {
  if (source === 'forward') return undefined;
  if (source === 'courier') {
    const status = returnItemId === null ? undefined : itemStatusOf(toWord(itemStatus ?? word));
    return status === 'LOST' || status === 'DAMAGED' ? status : undefined;
  }
  return itemStatus === null ? itemStatusOf(word) : itemStatusOf(toWord(itemStatus));
}

function isUnknown({ source, itemStatus, state, itemState }: Told): boolean {
  if (source === 'forward') return false;
  if (itemStatus !== null && itemState === undefined && itemStatusOf(toWord(itemStatus)) === undefined) return true;
  return itemState === undefined && state === undefined;
}

/** True for an event of which nobody here knows what it means. */
export function isUnknownEvent(event: Pick<ReturnEvent, 'source' | 'status' | 'returnItemId' | 'itemStatus'>): boolean {
  return isUnknown(toTold({ ...event, id: 0, externalUpdatedAt: null, createdAt: '', details: null }));
}

/** Failed deliveries and what marketplaces ship come by themselves; the rest waits to be fetched. */
function initialStatus({ returnType, pickupType }: FoldedReturn): ReturnStatus {
  const isFetched = pickupType !== null && !PICKED_UP_BY_OTHERS.has(toWord(pickupType));
  if (returnType === 'COURIER') return 'RETURN_ON_THE_WAY';
  if (returnType === 'UNKNOWN') return isFetched ? 'AWAITING_PICKUP' : 'RETURN_ON_THE_WAY';
  return pickupType === null || isFetched ? 'AWAITING_PICKUP' : 'RETURN_ON_THE_WAY';
}

/** Only delivered orders are returned, so an order of which nothing else was told is delivered. */
function foldForward(log: readonly Told[]): 'DELIVERED' | 'HANDOVER_DONE' {
  const forward = log.filter(({ source }) => source === 'forward').map(({ word }) => word);
  return forward.length === 0 || forward.includes('delivered') ? 'DELIVERED' : 'HANDOVER_DONE';
}

function toTold(event: ReturnEvent): Told {
  const { id, source, status, externalUpdatedAt, createdAt, returnItemId, itemStatus, details } = event;
  const externalMs = externalUpdatedAt === null ? 0 : Date.parse(externalUpdatedAt);
  const word = toWord(status);
  const words = { source, word, itemStatus, returnItemId };
  const itemState = itemStateOf(words);
  return {
    id,
    source,
    status,
    returnItemId,
    itemStatus,
    details,
    at: externalUpdatedAt !== null && externalMs > 0 ? externalUpdatedAt : createdAt,
    atMs: externalMs > 0 ? externalMs : Date.parse(createdAt),
    word,
    state: stateOf(words, itemState),
    itemState,
  };
}

function byTime(a: Told, b: Told): number {
  return a.atMs - b.atMs || a.id - b.id;
}

function latest(instants: readonly (string | null)[]): string | null {
  return instants.reduce((last, each) => (last === null || (each !== null && each > last) ? each : last), null);
}
