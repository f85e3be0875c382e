import { describe, expect, it } from 'vitest';
import { decideEntry, type EntrySettings, holdUntil, type ItemFacts } from './decide-entry.js';
import type { Topic } from './topics.js';

const NOW = new Date('2031-03-04T10:00:00Z');
const SETTINGS: EntrySettings = { blockScope: 'set', stockHoldSeconds: 600, holdConsignment: false };
const AT_SHOP = { productSetId: 1, productId: 101, setIsKnown: true, productIsKnown: true, newVariation: null };
const NEW_SET = { ...AT_SHOP, setIsKnown: false, productIsKnown: false };
const NEW_VARIATION = { ...AT_SHOP, productIsKnown: false };
const BESIDE_NEW = { ...AT_SHOP, newVariation: 102 };
const OF_SET = { ...AT_SHOP, productId: null };

function enter(topic: Topic, facts: Omit<ItemFacts, 'topic'>, settings: Partial<EntrySettings> = {}): string {
  const all = { ...SETTINGS, ...settings };
  const entry = decideEntry({ ...facts, topic }, all, { holdUntil: holdUntil(topic, NOW, all), now: NOW });
  return 'reason' in entry ? `${entry.status}(${entry.reason})` : entry.status;
}

describe('where a change enters the queue', () => {
  it.each<[Topic, Omit<ItemFacts, 'topic'>, string]>([
    ['price', AT_SHOP, 'pending'],
    ['stock', AT_SHOP, 'delayed(stock_hold)'],
    ['consignment_stock_change', AT_SHOP, 'pending'],
    ['price', NEW_SET, 'blocked(no_src_id)'],
    ['stock', NEW_SET, 'blocked(no_src_id)'],
    ['images', { ...OF_SET, setIsKnown: false }, 'blocked(no_src_id)'],
    ['images', OF_SET, 'pending'],
    ['new_product_set', { ...OF_SET, setIsKnown: false }, 'pending'],
    ['new_product', NEW_VARIATION, 'pending'],
    ['new_product', NEW_SET, 'blocked(no_src_id)'],
    ['new_product', AT_SHOP, 'moot'],
    ['status', NEW_VARIATION, 'blocked(no_src_id)'],
    ['status', BESIDE_NEW, 'blocked(set_incomplete)'],
    ['images', { ...OF_SET, newVariation: 102 }, 'pending'],
    ['new_product', { ...NEW_VARIATION, newVariation: 102 }, 'pending'],
  ])('%s of %o: %s', (topic, facts, entry) => {
    expect(enter(topic, facts)).toBe(entry);
  });

  it('blocks nothing for the sake of other variations where products are looked at one by one', () => {
    expect(enter('status', BESIDE_NEW, { blockScope: 'product' })).toBe('pending');
  });

  it('holds consignment where that is wanted, and nobody whose ten minutes are over', () => {
    expect(enter('consignment_stock_change', AT_SHOP, { holdConsignment: true })).toBe('delayed(stock_hold)');
    const late = new Date(NOW.getTime() + 600_000);
    expect(decideEntry({ ...AT_SHOP, topic: 'stock' }, SETTINGS, { holdUntil: late, now: late })).toEqual({
      status: 'pending',
    });
  });

  it('names what is waited for', () => {
    const at = { holdUntil: null, now: NOW };
    expect(decideEntry({ ...NEW_VARIATION, topic: 'price' }, SETTINGS, at)).toMatchObject({
      blockedBy: { kind: 'product', id: 101 },
    });
    expect(decideEntry({ ...NEW_SET, topic: 'price' }, SETTINGS, at)).toMatchObject({
      blockedBy: { kind: 'set', id: 1 },
    });
    expect(decideEntry({ ...BESIDE_NEW, topic: 'price' }, SETTINGS, at)).toMatchObject({
      blockedBy: { kind: 'product', id: 102 },
    });
  });
});
