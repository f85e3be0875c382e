import { TOPIC_LABELS } from '../items/item-labels.js';
import type { ItemView } from '../items/item-view.js';
import { retryPlan } from '../queue/retry-schedule.js';
import type { Topic } from '../queue/topics.js';

export const TOPIC_STATES = ['in_sync', 'on_its_way', 'waiting', 'blocked', 'failed', 'never_sent'] as const;
export type TopicState = (typeof TOPIC_STATES)[number];

/** A topic in words that need no knowledge of the queue. */
export interface TopicExplanation {
  readonly state: TopicState;
  readonly text: string;
  readonly waitsFor: string | null;
  /** When it goes on at the latest; null where nobody can know. */
  readonly until: string | null;
  readonly whatToDo: string | null;
}

/** What is known of a topic of a product. */
export interface TopicFacts {
  readonly topic: Topic;
  /** The unfinished item of the topic, where there is one. */
  readonly item: ItemView | undefined;
  /** When the shop was last told of it. */
  readonly lastSyncedAt: string | null;
  /** The shop has the product. */
  readonly isCreated: boolean;
  readonly maxRetries: number;
}

/** Says where a topic stands, what it waits for, until when, and what somebody can do about it. */
export function explainTopic(facts: TopicFacts): TopicExplanation {
  const { item, lastSyncedAt, isCreated } = facts;
  if (item) return explainItem(item, facts);
  if (lastSyncedAt !== null) return plain('in_sync', 'The shop has what is in the catalogue.');
  if (isCreated)
    return plain('in_sync', 'The shop was told of it when the product was created, and nothing has changed since.');
  return plain('never_sent', 'The shop has not been told of it.');
}

function explainItem(item: ItemView, facts: TopicFacts): TopicExplanation {
  switch (item.status) {
    case 'pending':
      return explainPending(item);
    case 'delayed':
      return explainDelayed(item, facts);
    case 'blocked':
      return explainBlocked(item);
    case 'failed':
      return {
        ...plain('failed', `It was given up after ${item.failures} failures${because(item)}`),
        whatToDo: 'Remove the cause, then ask an admin for "Reupload to Shop".',
      };
    case 'got_acknowledgment':
      return {
        ...plain('on_its_way', 'The shop has the change and has not said yet that it is done.'),
        waitsFor: "the shop's answer, which may take hours or days",
        whatToDo: item.stuck?.advice ?? null,
      };
    default:
      return { ...plain('on_its_way', 'It is being sent to the shop now.'), whatToDo: item.stuck?.advice ?? null };
  }
}

function explainPending(item: ItemView): TopicExplanation {
  const isFirst = item.reason === 'ready';
  const text = isFirst
    ? 'It is the next change of its product set to be sent.'
    : 'Earlier changes of the same product set are sent first.';
  return { ...plain('waiting', text), waitsFor: waitsFor(item), whatToDo: item.stuck?.advice ?? null };
}

function explainDelayed(item: ItemView, { maxRetries }: TopicFacts): TopicExplanation {
  const until = item.nextAttemptAt;
  switch (item.reason) {
    case 'stock_hold':
      return {
        ...plain(
          'waiting',
          'New stock is held back for some minutes, so that orders in progress are counted; then the latest number is sent.',
        ),
        until,
      };
    case 'circuit_open':
      return {
        ...plain(
          'waiting',
          'The shop does not answer at the moment. It is sent when the shop is back; no attempt is lost.',
        ),
        waitsFor: 'the shop to answer again',
        until,
      };
    case 'rate_limited':
      return { ...plain('waiting', 'The shop is told so many changes a second and no more.'), until };
    case 'paused':
      return {
        ...plain('waiting', 'Sending is paused.'),
        waitsFor: 'the end of the pause',
        whatToDo: item.stuck?.advice ?? null,
      };
    default:
      return {
        ...plain('waiting', retryText(item, maxRetries)),
        waitsFor: 'the next attempt',
        until,
        whatToDo: attentionOf(item),
      };
  }
}

function retryText(item: ItemView, maxRetries: number): string {
  const attempt = `It has failed ${times(item.failures)}${because(item)}`;
  const plan = item.nextAttemptAt ? retryPlan(item.retryNo, new Date(item.nextAttemptAt), { maxRetries }) : [];
  const last = plan.at(-1);
  return last ? `${attempt} It is tried again until ${last.toISOString()} at the latest.` : attempt;
}

function attentionOf(item: ItemView): string | null {
  return item.attention ? 'It has failed so often that waiting will hardly help: look at the error.' : null;
}

function explainBlocked(item: ItemView): TopicExplanation {
  const base = { waitsFor: waitsFor(item), until: null };
  switch (item.reason) {
    case 'no_src_id':
      return {
        ...plain('blocked', 'The shop has not created the product yet. It is sent as soon as it has.'),
        ...base,
        whatToDo: 'See that the product is approved by quality control and that its creation has not failed.',
      };
    case 'set_incomplete':
      return {
        ...plain(
          'blocked',
          'A new variation of the same product set is not at the shop yet; changes of the others follow it.',
        ),
        ...base,
        whatToDo: 'See what the new variation waits for.',
      };
    case 'src_id_conflict':
      return {
        ...plain(
          'blocked',
          'The shop answered with an id that belongs to another product of ours. Nothing was changed.',
        ),
        ...base,
        whatToDo: 'Ask the shop to correct its answer, or look at the other product; then try it again.',
      };
    default:
      return {
        ...plain('blocked', `The shop's answer could not be used${because(item)}`),
        ...base,
        whatToDo: 'Ask the shop about the answer, then try it again.',
      };
  }
}

function waitsFor({ blockedBy }: ItemView): string | null {
  if (!blockedBy) return null;
  const names = { product: 'product', set: 'product set', item: 'the earlier change no.', holder: 'product' };
  return `${names[blockedBy.kind]} ${blockedBy.id}`;
}

function because({ lastError }: ItemView): string {
  return lastError ? `: ${lastError.replace(/\.$/, '')}.` : '.';
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function plain(state: TopicState, text: string): TopicExplanation {
  return { state, text, waitsFor: null, until: null, whatToDo: null };
}

/** What of a product decides whether it is for sale. */
export interface LiveFacts {
  readonly isDeleted: boolean;
  readonly isSellerActive: boolean;
  readonly hasSeller: boolean;
  readonly status: string;
  readonly qcStatus: string;
  readonly srcId: string | null;
  readonly shopSku: string | null;
}

/** Why a product cannot be bought, the first thing to see to first; none: it can, as far as we know. */
export function whyNotLive(product: LiveFacts, topics: readonly { topic: Topic; state: TopicState }[]): string[] {
  const isCreated = product.srcId !== null && product.shopSku !== null;
  const late = topics.filter(({ topic, state }) => isVisible(topic) && state !== 'in_sync' && state !== 'never_sent');
  return [
    product.isDeleted && 'The product was deleted.',
    !product.hasSeller && 'Its product set has no seller.',
    product.hasSeller && !product.isSellerActive && 'Its seller is inactive.',
    product.status !== 'active' && `Its status is ${product.status}.`,
    product.qcStatus === 'pending' && 'Quality control has not approved it yet.',
    product.qcStatus === 'rejected' && 'Quality control has rejected it.',
    !isCreated && 'The shop has not created it yet.',
    isCreated &&
      late.length > 0 &&
      `The shop does not know the latest: ${late.map(({ topic }) => TOPIC_LABELS[topic]).join(', ')}.`,
  ].filter((reason) => typeof reason === 'string');
}

/** A price or a stock that is late takes no product off sale; its status and its approval do. */
function isVisible(topic: Topic): boolean {
  return topic === 'status' || topic === 'qc_status_change' || topic === 'new_product' || topic === 'new_product_set';
}
