import type { ItemResult, MadeProduct } from '../queue/shop-call.js';
import type { ShopMethod } from '../queue/topics.js';
import { isObject, type JsonObject, readWireId } from './wire-ids.js';

/** An answer of which nothing can be used, and why. */
export interface UnusableAnswer {
  readonly unusable: string;
}

type Success = Extract<ItemResult, { kind: 'success' }>;

/**
 * What the shop says of each item of a call, in the order in which the call named them; the same for an answer and for a
 * callback. Entries belong together by position, and must not contradict what was said: an id written to the wrong product
 * could never be told from a right one.
 *
 * @param params as they were sent
 * @param result as the shop gave it
 */
export function readResults(method: ShopMethod, params: JsonObject, result: unknown): ItemResult[] | UnusableAnswer {
  if (method === 'Product.updateImageCollection') return readImages(params, result);
  const said = (params['productsInfo'] ?? []) as readonly JsonObject[];
  if (!Array.isArray(result)) return { unusable: 'the result is not a list' };
  if (result.length !== said.length)
    return { unusable: `${said.length} products were sent, but ${result.length} results came` };
  const isCreation = method === 'Product.createProducts';
  const results = said.map((entry, position) => readEntry(entry, result[position] as unknown, isCreation));
  return isCreation ? [joinCreated(said, results)] : refusingSharedIds(results);
}

function readEntry(said: JsonObject, entry: unknown, isCreation: boolean): ItemResult {
  if (!isObject(entry)) return unusable('the result is not an object');
  const { status, product } = entry;
  if (status !== 'success' && status !== 'failure') return unusable('the status is neither success nor failure');
  if (product !== undefined && product !== null && !isObject(product)) return unusable('the product is not an object');
  const contradiction = isObject(product) ? findContradiction(said, product) : undefined;
  if (contradiction !== undefined) return unusable(contradiction);
  if (status === 'failure') return readFailure(entry['error']);
  return readSuccess(isObject(product) ? product : {}, isCreation);
}

function readSuccess(product: JsonObject, isCreation: boolean): ItemResult {
  const srcId = readWireId(product['id']) ?? null;
  const shopSku = readWireId(product['sku']) ?? null;
  const setSrcId = readWireId(product['config_id']) ?? null;
  if (isCreation && srcId === null) return unusable('the product was created, but its id is missing');
  if (isCreation && shopSku === null) return unusable('the product was created, but its SKU is missing');
  return { kind: 'success', srcId, shopSku, setSrcId, updatedAt: readStamp(product['updated_at']) };
}

function readFailure(error: unknown): ItemResult {
  const { message, code } = isObject(error) ? error : ({} as JsonObject);
  const text = typeof message === 'string' && message !== '' ? message.slice(0, 2_000) : 'The shop gave no reason.';
  return { kind: 'failure', message: text, code: readWireId(code) ?? null };
}

/** A member that the answer states, other than the call stated it. */
function findContradiction(said: JsonObject, product: JsonObject): string | undefined {
  const pairs = [
    ['seller_sku', 'seller_sku'],
    ['product_id', 'id'],
    ['config_id', 'config_id'],
  ] as const;
  for (const [ours, theirs] of pairs) {
    const sent = readWireId(said[ours]);
    const got = product[theirs];
    if (sent === undefined || got === undefined || got === null) continue;
    if (readWireId(got) !== sent)
      return `${theirs} is ${JSON.stringify(got).slice(0, 100)}, but ${JSON.stringify(sent)} was sent at this position`;
  }
  return undefined;
}

/** One result for the one item of a creation. A set whose creation failed in part keeps what was made of it. */
function joinCreated(said: readonly JsonObject[], results: readonly ItemResult[]): ItemResult {
  const bad = refusingSharedIds(results).find(({ kind }) => kind === 'unusable');
  if (bad !== undefined) return bad;
  const successes = results.filter((result): result is Success => result.kind === 'success');
  const setIds = new Set(successes.map(({ setSrcId }) => setSrcId).filter((id) => id !== null));
  if (setIds.size > 1) return unusable('products of one set came back with different sets');
  const setSrcId = [...setIds][0] ?? readWireId(said[0]?.['config_id']) ?? null;
  if (successes.length > 0 && setSrcId === null) return unusable('the set was created, but its id is missing');
  const made = said.flatMap((entry, position) => toMade(entry, results[position] as ItemResult));
  const failures = results.flatMap((result, position) =>
    result.kind === 'failure' ? [{ ...result, sku: String(said[position]?.['seller_sku']) }] : [],
  );
  const [first] = failures;
  if (first === undefined) return joinSuccesses(successes, made, setSrcId);
  const message = said.length === 1 ? first.message : failures.map((each) => `${each.sku}: ${each.message}`).join('; ');
  return { kind: 'failure', message: message.slice(0, 2_000), code: first.code, made, setSrcId };
}

function joinSuccesses(successes: readonly Success[], made: readonly MadeProduct[], setSrcId: string | null): Success {
  const only = successes.length === 1 ? successes[0] : undefined;
  return {
    kind: 'success',
    srcId: only?.srcId ?? null,
    shopSku: only?.shopSku ?? null,
    setSrcId,
    updatedAt: successes.at(-1)?.updatedAt ?? null,
    made,
  };
}

function toMade(said: JsonObject, result: ItemResult): MadeProduct[] {
  if (result.kind !== 'success' || result.srcId === null) return [];
  const { srcId, shopSku, updatedAt } = result;
  return [{ productId: Number(said['id_catalog_product']), srcId, shopSku, updatedAt }];
}

/** Several products cannot have one id: which of them has it, nobody knows. */
function refusingSharedIds(results: readonly ItemResult[]): ItemResult[] {
  const counts = new Map<string, number>();
  for (const result of results) {
    if (result.kind === 'success' && result.srcId !== null)
      counts.set(result.srcId, (counts.get(result.srcId) ?? 0) + 1);
  }
  return results.map((result) => {
    const isShared = result.kind === 'success' && result.srcId !== null && (counts.get(result.srcId) ?? 0) > 1;
    return isShared ? unusable(`the id ${result.srcId} was given to several products of the call`) : result;
  });
}

function readImages(params: JsonObject, result: unknown): ItemResult[] | UnusableAnswer {
  const only: unknown = Array.isArray(result) && result.length === 1 ? result[0] : result;
  if (!isObject(only)) return { unusable: 'the result is not an object' };
  if (only['status'] === 'failure') return [readFailure(only['error'])];
  const setSrcId = readWireId(only['productSetSrcId']) ?? null;
  if (setSrcId !== null && setSrcId !== readWireId(params['productSetSrcId']))
    return { unusable: `the pictures are those of the set ${setSrcId}` };
  const { images } = only;
  if (Array.isArray(images)) return [readPictures(params['images'] as readonly JsonObject[], images)];
  if (only['status'] === 'success') return [imagesTaken];
  return { unusable: 'the result names no pictures' };
}

const imagesTaken: Success = { kind: 'success', srcId: null, shopSku: null, setSrcId: null, updatedAt: null };

/** A picture that the shop could not take is `false` in its place. */
function readPictures(sent: readonly JsonObject[], images: readonly unknown[]): ItemResult {
  if (images.length !== sent.length)
    return unusable(`${sent.length} pictures were sent, but ${images.length} came back`);
  const failed = images.indexOf(false);
  if (failed >= 0) return { kind: 'failure', message: `The shop did not take picture ${failed + 1}.`, code: null };
  const other = images.findIndex(
    (image, index) => isObject(image) && image['hash'] !== undefined && image['hash'] !== sent[index]?.['hash'],
  );
  return other < 0 ? imagesTaken : unusable(`picture ${other + 1} is not the one that was sent`);
}

function readStamp(value: unknown): string | null {
  return typeof value === 'string' && /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/.test(value) ? value : null;
}

function unusable(detail: string): Extract<ItemResult, { kind: 'unusable' }> {
  return { kind: 'unusable', detail };
}
