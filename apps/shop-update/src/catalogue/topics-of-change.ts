import { TOPICS, type Topic } from '../queue/topics.js';

/** What of a product decides what the shop must be told; texts are digests. */
export interface ProductState {
  readonly id: number;
  readonly productSetId: number;
  readonly sellerId: number | null;
  readonly deleted: boolean;
  readonly status: string;
  readonly qcStatus: string;
  readonly srcId: string | null;
  readonly content: string;
  readonly price: string;
  readonly stock: number;
  readonly consignmentStock: number;
}

/** The same of a product set. */
export interface SetState {
  readonly id: number;
  readonly sellerId: number | null;
  readonly deleted: boolean;
  readonly srcId: string | null;
  readonly content: string;
  readonly images: string;
  readonly hasImages: boolean;
}

/** Topics of which the shop must be told, of one product or, without one, of the whole set. */
export interface Change {
  readonly productSetId: number;
  readonly productId: number | null;
  readonly topics: readonly Topic[];
  /** It was in this set before; what waits there follows it. */
  readonly formerSetId?: number;
  /** Nothing else that waits of it must be sent any more. */
  readonly isGone?: boolean;
}

/** The shop may have it: somebody sells it and quality control has approved it. */
function isOffered(product: ProductState | undefined): boolean {
  return product !== undefined && !product.deleted && product.qcStatus === 'approved' && product.sellerId !== null;
}

/** What the shop must be told after a product changed; `before` undefined: it is new. `set`: the product's, as it is now. */
export function topicsOfProduct(
  before: ProductState | undefined,
  after: ProductState,
  set: Pick<SetState, 'srcId'>,
): readonly Topic[] {
  if (after.deleted) return before && !before.deleted && after.srcId !== null ? ['status'] : [];
  const isNew = after.srcId === null && !isOffered(before) && isOffered(after);
  if (isNew && set.srcId === null) return ['new_product_set'];
  if (isNew) return ['new_product'];
  if (!before || before.deleted) return after.srcId === null ? [] : everyTopicOf();
  if (after.sellerId === null && after.srcId === null) return [];
  const changed: Record<Exclude<Topic, 'new_product_set' | 'new_product' | 'images'>, boolean> = {
    content:
      before.content !== after.content ||
      before.sellerId !== after.sellerId ||
      before.productSetId !== after.productSetId,
    status: before.status !== after.status,
    // Nobody need be told of what was never offered.
    qc_status_change: before.qcStatus !== after.qcStatus && (after.srcId !== null || isOffered(before)),
    price: before.price !== after.price,
    stock: before.stock !== after.stock,
    consignment_stock_change: before.consignmentStock !== after.consignmentStock,
  };
  return TOPICS.filter((topic) => changed[topic as keyof typeof changed]);
}

/** Of a product that comes back under an id which the shop still knows. */
function everyTopicOf(): readonly Topic[] {
  return ['content', 'status', 'qc_status_change', 'price', 'stock', 'consignment_stock_change'];
}

/** What the shop must be told of a set itself. Its pictures are no part of its creation: they follow it. */
export function topicsOfSet(before: SetState | undefined, after: SetState): readonly Topic[] {
  if (after.deleted || after.sellerId === null) return [];
  const isNew = before === undefined || before.deleted || before.sellerId === null;
  if (isNew ? after.hasImages : before.images !== after.images) return ['images'];
  return [];
}

/** What is common to a set's products stands with each of them. */
function isContentOfProducts(before: SetState | undefined, after: SetState): boolean {
  return before !== undefined && !before.deleted && !after.deleted && before.content !== after.content;
}

/** What of the catalogue was read, before and after a write. */
export interface CatalogueState {
  readonly sets: ReadonlyMap<number, SetState>;
  readonly products: ReadonlyMap<number, ProductState>;
}

/** What the shop must be told after a write of products, and of the sets `written`, that led from `before` to `after`. */
export function changesBetween(before: CatalogueState, after: CatalogueState, written: readonly number[]): Change[] {
  const sets = [...new Set(written)].flatMap((id) => changeOfSet(before.sets.get(id), after.sets.get(id)));
  const products = [...after.products.values()].flatMap((product) => changeOfProduct(before, after, product));
  return [...sets, ...products];
}

function changeOfSet(before: SetState | undefined, set: SetState | undefined): Change[] {
  if (!set) return [];
  const isGone = set.deleted && before !== undefined && !before.deleted;
  const topics = topicsOfSet(before, set);
  if (!isGone && topics.length === 0) return [];
  return [{ productSetId: set.id, productId: null, topics, isGone }];
}

function changeOfProduct(before: CatalogueState, after: CatalogueState, product: ProductState): Change[] {
  const former = before.products.get(product.id);
  const set = after.sets.get(product.productSetId);
  if (!set) return [];
  const own = topicsOfProduct(former, product, set);
  const inherits =
    former !== undefined &&
    !product.deleted &&
    (product.srcId !== null || isOffered(product)) &&
    isContentOfProducts(before.sets.get(set.id), set);
  const creates = own.some((topic) => topic === 'new_product_set' || topic === 'new_product');
  const topics: readonly Topic[] = inherits && !creates && !own.includes('content') ? ['content', ...own] : own;
  const isGone = product.deleted && former !== undefined && !former.deleted;
  const hasMoved = former !== undefined && former.productSetId !== product.productSetId;
  if (topics.length === 0 && !isGone && !hasMoved) return [];
  const change: Change = { productSetId: product.productSetId, productId: product.id, topics, isGone };
  return [hasMoved ? { ...change, formerSetId: former.productSetId } : change];
}
