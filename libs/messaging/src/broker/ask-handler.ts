import type { Logger } from '@nestjs/common';
import type { Delivery, DeliveryHandler, Settlement } from './broker.js';
import { pause } from './waiting.js';

/** Pause before a batch whose handler broke its contract goes back, so that it does not spin. */
const BROKEN_HANDLER_PAUSE_MS = 1_000;

/** The handler's answers, one a delivery; undefined, after a pause, when it threw or answered too few or too many. */
export async function askHandler(
  handler: DeliveryHandler,
  deliveries: readonly Delivery[],
  draining: AbortSignal,
  log: Logger,
): Promise<Settlement[] | undefined> {
  const queue = deliveries[0]?.queue;
  try {
    const settlements = await handler(deliveries, draining);
    if (settlements.length === deliveries.length) return settlements;
    log.error(`${queue}: ${settlements.length} settlements for ${deliveries.length} deliveries`);
  } catch (error) {
    log.error(`${queue}: ${error instanceof Error ? error.stack : String(error)}`);
  }
  await pause(BROKEN_HANDLER_PAUSE_MS, draining);
  return undefined;
}
