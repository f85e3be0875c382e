import type { ShopCall } from '../queue/shop-call.js';
import type { Settings } from '../shop-config/settings.js';

/**
 * The headers of a call. A call of several items tells the greatest count of them and the earliest instant. Nanoseconds stay
 * text: as a number they would lose their last digits.
 */
export function toHeaders(
  { flow, items }: Pick<ShopCall, 'flow' | 'items'>,
  { topics }: Pick<Settings, 'topics'>,
): Record<string, string> {
  const names = items.map(({ topic }) => topics[topic]?.headerName ?? topic);
  const enqueued = items.map(({ enqueuedAtNs }) => BigInt(enqueuedAtNs));
  const earliest = enqueued.reduce((least, each) => (each < least ? each : least), enqueued[0] ?? 0n);
  return {
    'Content-Type': 'application/json',
    'X-SC-Flow': flow,
    'X-SC-Topic': [...new Set(names)].join(','),
    'X-SC-Requeue-Count': String(Math.max(0, ...items.map(({ requeueCount }) => requeueCount))),
    'X-SC-Enqueued-At': String(earliest),
    // The same for every attempt, by which a shop can tell that it has done something already.
    'X-SC-Item-Id': items.map(({ itemId }) => itemId).join(','),
  };
}
