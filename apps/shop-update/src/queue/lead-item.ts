import type { Settings } from '../shop-config/settings.js';
import type { CheckedResult } from './check-result.js';
import { toItemError } from './error-signature.js';
import { failItem } from './fail-item.js';
import type { Item } from './item.js';
import type { Journal } from './journal.js';
import type { ItemResult } from './shop-call.js';
import type { ShopMethod } from './topics.js';

export interface LeadOptions {
  readonly settings: Settings;
  readonly itemResult: ItemResult;
  readonly keepFor?: string | undefined;
  readonly method?: ShopMethod | null;
}

/** From its response to its end, or back into the queue. */
export function lead(journal: Journal, got: Item, checked: CheckedResult, options: LeadOptions): Item {
  if (checked.kind === 'bad_response' || checked.kind === 'src_id_conflict')
    return finish(journal, got, checked, options);
  const building = journal.take(got, '15', { status: 'building_response_payload' });
  if (checked.kind === 'refused') return finish(journal, building, checked, options);
  return finish(journal, journal.take(building, '16', { status: 'response_processing' }), checked, options);
}

export function finish(
  journal: Journal,
  item: Item,
  checked: CheckedResult,
  { settings, itemResult, keepFor, method = null }: LeadOptions,
): Item {
  switch (checked.kind) {
    case 'synced':
      if (keepFor === undefined) return journal.take(item, '19', { status: 'synced', unapplied: null });
      return failItem(journal, item, '20', toItemError(method, 'not_written', keepFor), settings, {
        keep: { unapplied: itemResult },
      });
    case 'refused':
      return failItem(journal, item, '17', toItemError(method, checked.code, checked.message), settings);
    default: {
      const error = toItemError(method, checked.kind, checked.detail);
      return journal.take(item, '18', {
        status: 'blocked',
        reason: checked.kind,
        blockedBy: checked.kind === 'src_id_conflict' ? checked.holder : null,
        lastError: error.text,
        errorSignature: error.signature,
        unapplied: null,
      });
    }
  }
}

export function unusable(detail: string): ItemResult {
  return { kind: 'unusable', detail };
}

/** What an answer means where nothing of it is to be written down. */
export function withoutGains(checked: CheckedResult): CheckedResult {
  return 'gains' in checked ? { ...checked, gains: { products: [], setSrcId: null } } : checked;
}
