import type { ShopLogLine } from '../logs/shop-log.js';
import type { ShopCall } from '../queue/shop-call.js';
import type { SentCall } from './shop.client.js';

/** What the log is told of a call: what was said, and what came of it. */
export function toLogLines(
  { id, flow, method, items }: ShopCall,
  { outcome, headers, body, answer }: SentCall,
  { startedAt, answeredAt }: { readonly startedAt: Date; readonly answeredAt: Date },
): ShopLogLine[] {
  const about = {
    requestId: id,
    itemIds: items.map(({ itemId }) => itemId),
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
