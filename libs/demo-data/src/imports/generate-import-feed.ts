import { randomOf } from '../people/random.js';

/** A line of the neutral import format: an object with its links to others, in any order. */
export interface ImportRecord {
  readonly type: string;
  readonly ref: string;
  readonly fields?: Readonly<Record<string, string>>;
  /** Given: the object exists. */
  readonly identifierIds?: Readonly<Record<string, string>>;
  readonly links?: readonly ImportRecordLink[];
}

/** A link of a record's object to one that another record defines. */
export interface ImportRecordLink {
  readonly tag: string;
  readonly ref: string;
}

/** How large a catalogue is and what is wrong with it. Shares are from 0 to 1. */
export interface ImportFeedOptions {
  /** @default 20261121 */
  readonly seed?: number;
  /** @default 1000 */
  readonly brands?: number;
  /** A tree. @default 20000 */
  readonly categories?: number;
  /** Children of each category. @default 4 */
  readonly fanOut?: number;
  /** @default 200000 */
  readonly products?: number;
  /** On average. @default 3.9 */
  readonly variantsPerProduct?: number;
  /** Products that each product is related to. @default 9 */
  readonly relatedPerProduct?: number;
  /** Variants that exist already: without a link to their product. @default 0 */
  readonly existingShare?: number;
  /** Products whose brand is nowhere. @default 0 */
  readonly unknownShare?: number;
  /** Products that are said again, otherwise. @default 0 */
  readonly duplicateShare?: number;
  /** Categories, from the first on, that need one another in a ring. @default 0 */
  readonly cycleLength?: number;
  /** Further categories, each below the one before. @default 0 */
  readonly chainLength?: number;
}

const DEFAULTS: Required<ImportFeedOptions> = {
  seed: 20_261_121,
  brands: 1_000,
  categories: 20_000,
  fanOut: 4,
  products: 200_000,
  variantsPerProduct: 3.9,
  relatedPerProduct: 9,
  existingShare: 0,
  unknownShare: 0,
  duplicateShare: 0,
  cycleLength: 0,
  chainLength: 0,
};

/**
 * A catalogue as a feed: variants before their products, products before brands and categories, so that everything refers
 * to what comes later. The same options give the same feed. By default 1,000,000 objects and 3,000,000 links.
 */
export function* generateImportFeed(options: ImportFeedOptions = {}): Generator<ImportRecord> {
  const size = { ...DEFAULTS, ...options };
  for (let product = 0; product < size.products; product++) yield* productWithVariants(product, size);
  for (let category = size.categories - 1; category >= 0; category--) yield categoryRecord(category, size);
  for (let link = size.chainLength; link >= 1; link--) {
    const above = link === 1 ? 'C-0' : `N-${link - 1}`;
    yield { type: 'category', ref: `N-${link}`, fields: { name: `Chain ${link}` }, links: [up(above)] };
  }
  for (let brand = 0; brand < size.brands; brand++) {
    yield { type: 'brand', ref: `B-${brand}`, fields: { name: `Brand ${brand}` } };
  }
}

function* productWithVariants(product: number, size: Required<ImportFeedOptions>): Generator<ImportRecord> {
  const random = randomOf(size.seed, product);
  const ref = `P-${product}`;
  const variants = Math.floor(size.variantsPerProduct) + (random.chance(size.variantsPerProduct % 1) ? 1 : 0);
  for (let variant = 0; variant < variants; variant++) {
    const sku = `S-${product}-${variant}`;
    const fields = { sku, size: String(36 + variant) };
    if (random.chance(size.existingShare)) yield { type: 'variant', ref: sku, identifierIds: { variantId: sku } };
    else yield { type: 'variant', ref: sku, fields, links: [{ tag: 'variantOfProduct', ref }] };
  }
  const brand = random.chance(size.unknownShare) ? 'B-404' : `B-${random.below(size.brands)}`;
  const links = [
    { tag: 'productHasBrand', ref: brand },
    { tag: 'productInCategory', ref: `C-${random.below(size.categories)}` },
  ];
  for (let related = 0; related < size.relatedPerProduct; related++) {
    // Never itself: one of the others, counted from the next.
    const other = (product + 1 + random.below(Math.max(1, size.products - 1))) % size.products;
    if (other !== product) links.push({ tag: 'productRelated', ref: `P-${other}` });
  }
  const price = `${10 + random.below(200)}.${String(random.below(100)).padStart(2, '0')}`;
  yield { type: 'product', ref, fields: { title: `Product ${product}`, price }, links };
  if (random.chance(size.duplicateShare)) yield { type: 'product', ref, fields: { title: 'Another', price } };
}

function categoryRecord(category: number, { fanOut, cycleLength }: Required<ImportFeedOptions>): ImportRecord {
  const above = category < cycleLength ? (category + 1) % cycleLength : Math.floor((category - 1) / fanOut);
  const isRoot = category === 0 && cycleLength === 0;
  const fields = { name: `Category ${category}` };
  return { type: 'category', ref: `C-${category}`, fields, links: isRoot ? [] : [up(`C-${above}`)] };
}

function up(ref: string): ImportRecordLink {
  return { tag: 'categoryParent', ref };
}
