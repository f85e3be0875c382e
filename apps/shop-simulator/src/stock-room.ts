import { Injectable } from '@nestjs/common';
import { Conduct } from './conduct.js';

export type Entry = Readonly<Record<string, unknown>>;

/** A product as the shop knows it: the last that it was told of each field. */
export interface ShopProduct {
  readonly id: string;
  readonly sku: string;
  readonly configId: string;
  readonly sellerSku: string;
  readonly fields: Entry;
  /** How often it was changed, its creation included. */
  readonly changes: number;
}

/** What a shop answers of one product. */
export type ProductResult =
  | { readonly status: 'success'; readonly product: Entry }
  | { readonly status: 'failure'; readonly error: { readonly message: string; readonly code: number } };

/** The shop's own data: products by their ids, pictures by those of their sets. */
@Injectable()
export class StockRoom {
  private readonly products = new Map<string, ShopProduct>();
  private readonly images = new Map<string, readonly Entry[]>();
  private readonly sets = new Map<string, string>();
  private nextId = 900_101;

  constructor(private readonly conduct: Conduct) {}

  /** The next id that it gives to anything. */
  startAt(id: number): void {
    this.nextId = id;
  }

  /** Everything it knows, in the order of creation. */
  list(): (ShopProduct & { images: readonly Entry[] })[] {
    return [...this.products.values()].map((product) => ({
      ...product,
      images: this.images.get(product.configId) ?? [],
    }));
  }

  clear(): void {
    for (const map of [this.products, this.images, this.sets]) map.clear();
  }

  /** Does what a call asks for; the result is that of a synchronous answer. */
  perform(method: string, params: Entry): unknown {
    if (method === 'Product.updateImageCollection') return this.takeImages(params);
    const entries = (params['productsInfo'] ?? []) as readonly Entry[];
    return entries.map((entry) => this.performOne(method, entry));
  }

  private performOne(method: string, entry: Entry): ProductResult {
    const occasion = { method, skus: [String(entry['seller_sku'])] };
    const rule = this.conduct.take(['failure'], occasion);
    if (rule) return failure(rule.message ?? 'The product failed to update', rule.code ?? 0);
    return method === 'Product.createProducts'
      ? this.create(entry, this.conduct.take(['id'], occasion)?.id)
      : this.update(entry);
  }

  private create(entry: Entry, forcedId: string | undefined): ProductResult {
    const key = String(entry['id_catalog_product']);
    const known = [...this.products.values()].find(({ fields }) => String(fields['id_catalog_product']) === key);
    const id = forcedId ?? known?.id ?? String(this.nextId++);
    const configId = known?.configId ?? this.setOf(entry);
    const sellerSku = String(entry['seller_sku']);
    const sku =
      known?.sku ??
      `${sellerSku
        .replaceAll(/[^A-Za-z0-9]/g, '')
        .slice(0, 12)
        .toUpperCase()}-${id}`;
    const product = {
      id,
      sku,
      configId,
      sellerSku,
      fields: { ...known?.fields, ...entry },
      changes: (known?.changes ?? 0) + 1,
    };
    // An id that another product has is only said, so that the other stays what it is.
    if (forcedId === undefined) this.products.set(id, product);
    return success(product);
  }

  private setOf(entry: Entry): string {
    if (entry['config_id'] !== null && entry['config_id'] !== undefined) return String(entry['config_id']);
    const key = String(entry['product_set']);
    const known = this.sets.get(key) ?? String(this.nextId++);
    this.sets.set(key, known);
    return known;
  }

  private update(entry: Entry): ProductResult {
    const product = this.products.get(String(entry['product_id'])) ?? adopt(entry);
    if (!product) return failure(`There is no product ${String(entry['product_id'])}`, 404);
    const changed = { ...product, fields: { ...product.fields, ...entry }, changes: product.changes + 1 };
    this.products.set(product.id, changed);
    return success(changed);
  }

  private takeImages(params: Entry): unknown {
    const set = String(params['productSetSrcId']);
    const images = (params['images'] ?? []) as readonly Entry[];
    const taken = images.map(({ url, hash }) => ({
      uri: new URL(String(url)).pathname,
      hash,
      srcId: this.nextId++,
    }));
    this.images.set(set, taken);
    return { productSetSrcId: params['productSetSrcId'], images: taken };
  }
}

/** A product that was created before the simulator was started again: it remembers nothing, others do. */
function adopt(entry: Entry): ShopProduct | undefined {
  const { product_id: id, sku, seller_sku: sellerSku, config_id: configId } = entry;
  if (typeof id !== 'string' || typeof sku !== 'string') return undefined;
  return { id, sku, sellerSku: String(sellerSku), configId: String(configId ?? ''), fields: {}, changes: 0 };
}

function success({ id, sku, configId, sellerSku }: ShopProduct): ProductResult {
  const updatedAt = new Date().toISOString().slice(0, 19).replace('T', ' ');
  return {
    status: 'success',
    product: { seller_sku: sellerSku, sku, id, config_id: configId || null, updated_at: updatedAt },
  };
}

export function failure(message: string, code: number): ProductResult {
  return { status: 'failure', error: { message, code } };
}
