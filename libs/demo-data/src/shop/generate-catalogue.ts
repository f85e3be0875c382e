import { randomOf } from '../people/random.js';
import { setOf, setWare, toAmount, VARIATIONS, wareOf } from './wares.js';

/** How much is sold, and by whom. */
export interface CatalogueOptions {
  /** Products; sets and sellers follow from it. */
  count: number;
  /** The same seed gives the same catalogue. */
  seed: number;
}

/** The body of a PUT, and where it is put. */
export interface PlacedBody {
  readonly path: string;
  readonly body: object;
}

const PRODUCTS_A_SELLER = 60;
const SELLERS = ['Acme Outfitters', 'Bolt Trading', 'Cobalt Home', 'Dale & Daughters', 'Everyday Goods', 'Foxglove'];

/** Sellers of so many products. */
export function sellersFor(products: number): number {
  return Math.ceil(products / PRODUCTS_A_SELLER);
}

/** Product sets of so many products. */
export function productSetsFor(products: number): number {
  return Math.ceil(products / VARIATIONS);
}

/** One in twenty sells nothing at the moment. */
export function* generateSellers({ count, seed }: CatalogueOptions): Generator<PlacedBody> {
  for (let id = 1; id <= sellersFor(count); id++) {
    const name = `${SELLERS[(id - 1) % SELLERS.length]}${id > SELLERS.length ? ` ${id}` : ''}`;
    const active = !randomOf(seed ^ 0x5e11, id).chance(0.05);
    yield { path: `/api/sellers/${id}`, body: { name, active } };
  }
}

/** Each of one seller, with a picture. */
export function* generateProductSets({ count, seed }: CatalogueOptions): Generator<PlacedBody> {
  const sellers = sellersFor(count);
  for (let id = 1; id <= productSetsFor(count); id++) {
    const { name, brand } = setWare(seed, id);
    const images = [{ url: `https://images.example.com/sets/${id}.jpg`, hash: `set-${seed}-${id}` }];
    yield {
      path: `/api/product-sets/${id}`,
      body: { sellerId: ((id - 1) % sellers) + 1, name, brand, attributeSet: 'default', primaryCategory: '1', images },
    };
  }
}

/** Most are approved and active; some wait, some were rejected, some are reduced. */
export function* generateProducts({ count, seed }: CatalogueOptions): Generator<PlacedBody> {
  for (let id = 1; id <= count; id++) {
    const random = randomOf(seed ^ 0x9d0d, id);
    const { sku, name, price, ean } = wareOf(seed, id);
    const qcStatus = random.chance(0.9) ? 'approved' : random.pick(['pending', 'rejected'] as const);
    yield {
      path: `/api/products/${id}`,
      body: {
        productSetId: setOf(id),
        sellerSku: sku,
        title: name,
        price: toAmount(price),
        ...(random.chance(0.2) && { specialPrice: toAmount(Math.round(price * 0.8)) }),
        stock: random.below(200),
        status: random.chance(0.95) ? 'active' : 'inactive',
        qcStatus,
        ean,
      },
    };
  }
}
