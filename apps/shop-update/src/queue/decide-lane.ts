import type { Settings } from '../shop-config/settings.js';
import { isAnswering, isEnd, isSending, type Reason, type Status } from './statuses.js';
import { isCreate, type Topic } from './topics.js';

/** What of an item decides about its lane. */
export interface LaneItem {
  /** Also its place in the lane. */
  readonly id: number;
  readonly productId: number | null;
  readonly topic: Topic;
  readonly status: Status;
  readonly reason: Reason | null;
  readonly availableAt: Date | null;
}

export type GateSettings = Pick<Settings, 'flow' | 'blockScope' | 'failedBlocksLane' | 'pausedTopics'>;

/** What a lane does next. */
export type LaneDecision =
  /** This one may leave. */
  | { readonly kind: 'ready'; readonly item: LaneItem }
  /** It would be this one's turn, were its topic not paused. */
  | { readonly kind: 'paused'; readonly item: LaneItem }
  /** All wait for this one; it goes on at `until`, where that is known. */
  | { readonly kind: 'waits'; readonly for: LaneItem; readonly until: Date | null }
  /** Nothing is in line. */
  | { readonly kind: 'idle' };

/** In line for the shop: a later item of the lane stays behind it. An item that is held, blocked or failed lets others pass. */
function isInLine({ status, reason }: LaneItem): boolean {
  return status === 'pending' || (status === 'delayed' && reason !== 'stock_hold');
}

function isUnfinishedCreate({ topic, status }: LaneItem): boolean {
  return isCreate(topic) && !isEnd(status) && status !== 'blocked' && status !== 'failed';
}

/** A creation of another variation says nothing to a product where products are looked at one by one. */
function isOfAnother(create: LaneItem, item: LaneItem, { blockScope }: GateSettings): boolean {
  return blockScope === 'product' && create.productId !== null && create.productId !== item.productId;
}

function closesGate(other: LaneItem, item: LaneItem, settings: GateSettings): boolean {
  if (isSending(other.status)) return true;
  if (settings.flow === 'synchronous' && isAnswering(other.status)) return true;
  if (!isCreate(item.topic) && isCreate(other.topic)) {
    if (isOfAnother(other, item, settings)) return false;
    if (settings.flow === 'asynchronous' && isUnfinishedCreate(other)) return true;
  }
  if (other.id > item.id) return false;
  if (settings.failedBlocksLane && other.status === 'failed') return true;
  if (isCreate(item.topic) && !isCreate(other.topic)) return false;
  return isInLine(other);
}

/** The first of the lane's items that keeps this one from leaving. */
export function waitsFor(item: LaneItem, lane: readonly LaneItem[], settings: GateSettings): LaneItem | undefined {
  return lane.find((other) => other.id !== item.id && closesGate(other, item, settings));
}

/**
 * Which item of a lane leaves next: creations first, then by age; in the synchronous flow after the answer to the former
 * one, in the asynchronous flow after its acknowledgment. `lane`: its unfinished items in the order of their ids. Those
 * that change nothing may be left out; see `LaneStore`.
 */
export function decideLane(lane: readonly LaneItem[], settings: GateSettings): LaneDecision {
  const pending = lane.filter(({ status }) => status === 'pending');
  const inTurn = [
    ...pending.filter(({ topic }) => isCreate(topic)),
    ...pending.filter(({ topic }) => !isCreate(topic)),
  ];
  const free = inTurn.filter((item) => waitsFor(item, lane, settings) === undefined);
  const ready = free.find(({ topic }) => !settings.pausedTopics.includes(topic));
  if (ready) return { kind: 'ready', item: ready };
  const [paused] = free;
  if (paused) return { kind: 'paused', item: paused };
  const head = inTurn[0] ?? lane.find(isInLine);
  if (!head) return { kind: 'idle' };
  const first = waitsFor(head, lane, settings) ?? head;
  return { kind: 'waits', for: first, until: first.availableAt };
}
