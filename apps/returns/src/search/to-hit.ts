import type { Filter, SearchItem } from '@lockstep/search';
import type { ReturnDocument, ReturnItemDocument } from '../documents/to-document.js';
import { maskPostalCode, maskText } from '../order-returns/mask-personal.js';

/** How hits are shown. */
export interface Showing {
  readonly now: Date;
  /** The caller may see what is personal. */
  readonly isPersonal: boolean;
  /** Names of the fields to show; absent: all. */
  readonly attributes: readonly string[] | undefined;
}

/** A hit: the fields of a return, and for a view by items those of one item over them. */
export type Hit = Readonly<Record<string, unknown>>;

/** A return as it is shown. */
export function toHit(item: SearchItem, showing: Showing): Hit {
  const { version, deleted } = item;
  if (deleted) return { returnId: Number(item.id), _sync: { version, tombstone: true } };
  const document = item.document as ReturnDocument;
  const { customerName, customerPhoneHash: _, customerEmailHash: __, sourceUpdatedAt, pickup, ...fields } = document;
  const shown = {
    ...fields,
    customer: { name: showing.isPersonal ? customerName : maskText(customerName) },
    pickup: withoutPostalCode(pickup as Readonly<Record<string, string | null>> | null, showing.isPersonal),
    delayed: isLate(document, showing.now),
    _sync: { version, tombstone: false, sourceUpdatedAt },
  };
  return keep(shown, showing.attributes);
}

/** Fields that gather what all items of a return have. */
const OF_ALL_ITEMS = ['productNames', 'itemStatuses', 'itemStatusSummary', 'brands', 'returnReasons', 'itemConditions'];

/** One hit for each item that meets the conditions; pages are cut by returns, so none is on two pages. */
export function toItemHits(item: SearchItem, conditions: readonly Filter[], showing: Showing): Hit[] {
  if (item.deleted) return [toHit(item, showing)];
  const { attributes, ...rest } = showing;
  const hit = toHit(item, { ...rest, attributes: undefined });
  const { items, ...whole } = hit;
  const ofReturn = Object.fromEntries(Object.entries(whole).filter(([name]) => !OF_ALL_ITEMS.includes(name)));
  return (items as ReturnItemDocument[])
    .filter((each) => conditions.every((condition) => meets(each, condition)))
    .map((each) => keep({ ...ofReturn, ...each, objectID: `${item.id}-${each.returnItemId}` }, attributes));
}

/** By the clock of the one who asks. */
function isLate({ slaDueAt, completedAt, isCancelled }: ReturnDocument, now: Date): boolean {
  return slaDueAt !== null && completedAt === null && !isCancelled && Date.parse(slaDueAt) < now.getTime();
}

/** Filters of items ask for values of one field, nothing else. */
function meets(item: ReturnItemDocument, condition: Filter): boolean {
  if (!('anyOf' in condition)) return true;
  return condition.anyOf.includes((item as unknown as Record<string, string>)[condition.field] as string);
}

function withoutPostalCode(pickup: Readonly<Record<string, string | null>> | null, isPersonal: boolean) {
  if (!pickup || isPersonal) return pickup;
  return { ...pickup, postalCode: maskPostalCode(pickup['postalCode'] ?? null) };
}

function keep(hit: Hit, attributes: readonly string[] | undefined): Hit {
  if (!attributes) return hit;
  return Object.fromEntries(Object.entries(hit).filter(([name]) => name === 'returnId' || attributes.includes(name)));
}
