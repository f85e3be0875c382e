import type { ShopLogLine } from '../logs/shop-log.js';
import type { ShopCall } from '../queue/shop-call.js';
import type { SentCall } from './shop.client.js';

/** What the log is told of a call: what was said, and what came of it. */
export function toLogLines(
  { id, flow, method, items, params }: ShopCall,
  { outcome, headers, body, answer }: SentCall,
  { startedAt, answeredAt }: { readonly startedAt: Date; readonly answeredAt: Date },
): ShopLogLine[] {
  const about = {
    requestId: id,
    itemIds: items.map(({ itemId }) => itemId),
    ...namesOf(method, items, params),
    method,
    topic: items[0]?.topic ?? null,
    flow,
    requeueCount: Number(headers['X-SC-Requeue-Count']),
  };
  const request: ShopLogLine = {
    ...about,
    direction: 'Request',
    text: `${JSON.stringify(headers)} ${body}`,
    at: startedAt,
  };
  const end = {
    at: answeredAt,
    durationMs: answeredAt.getTime() - startedAt.getTime(),
    httpStatus: outcome.httpStatus ?? null,
    errorReason: outcome.kind === 'failed' ? outcome.reason : null,
  };
  if (answer === null) {
    const detail = outcome.kind === 'failed' ? outcome.detail : '';
    return [request, { ...about, ...end, direction: 'RawResponse', text: `none: ${detail}` }];
  }
  const direction = outcome.kind === 'acknowledged' ? 'Ack' : 'RawResponse';
  return [request, { ...about, ...end, direction, text: answer }];
}

/** An update names the products that it is about. A creation, or pictures, are about all products of their set. */
function namesOf(
  method: ShopCall['method'],
  items: ShopCall['items'],
  { productsInfo }: ShopCall['params'],
): Pick<ShopLogLine, 'names'> {
  if (method === 'Product.createProducts' || !Array.isArray(productsInfo)) return {};
  const entries = productsInfo as readonly { readonly seller_sku: string; readonly sku: string | null }[];
  return {
    names: {
      sellerSkus: entries.map(({ seller_sku: sku }) => sku),
      shopSkus: entries.map(({ sku }) => sku),
      productSetIds: items.map(({ productSetId }) => String(productSetId)),
    },
  };
}
