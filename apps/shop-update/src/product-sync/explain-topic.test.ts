import { describe, expect, it } from 'vitest';
import type { ItemView } from '../items/item-view.js';
import { explainTopic, type TopicFacts, whyNotLive } from './explain-topic.js';

const item = (over: Partial<ItemView>): ItemView =>
  ({
    id: 7,
    topic: 'price',
    status: 'pending',
    reason: 'ready',
    failures: 0,
    retryNo: 0,
    lastError: null,
    blockedBy: null,
    nextAttemptAt: null,
    attention: false,
    stuck: null,
    ...over,
  }) as ItemView;
const facts = (over: Partial<TopicFacts>): TopicFacts => ({
  topic: 'price',
  item: undefined,
  lastSyncedAt: null,
  isCreated: false,
  maxRetries: 27,
  ...over,
});
const AT = '2031-03-04T10:00:00.000Z';

const CASES: readonly (readonly [string, Partial<TopicFacts>, object])[] = [
  ['never told', {}, { state: 'never_sent' }],
  ['told when created', { isCreated: true }, { state: 'in_sync' }],
  ['told later', { lastSyncedAt: AT }, { state: 'in_sync', whatToDo: null }],
  ['next in line', { item: item({}) }, { state: 'waiting', waitsFor: null }],
  [
    'behind another',
    { item: item({ reason: 'waiting_predecessor', blockedBy: { kind: 'item', id: 3 } }) },
    { state: 'waiting', waitsFor: 'the earlier change no. 3' },
  ],
  [
    'held back',
    { item: item({ status: 'delayed', reason: 'stock_hold', nextAttemptAt: AT }) },
    { state: 'waiting', until: AT },
  ],
  [
    'tried again',
    {
      item: item({
        status: 'delayed',
        reason: 'retry',
        nextAttemptAt: AT,
        retryNo: 26,
        failures: 26,
        lastError: 'HTTP 500',
      }),
    },
    {
      state: 'waiting',
      until: AT,
      text: 'It has failed 26 times: HTTP 500. It is tried again until 2031-03-04T18:00:00.000Z at the latest.',
    },
  ],
  [
    'shop away',
    { item: item({ status: 'delayed', reason: 'circuit_open', nextAttemptAt: AT }) },
    { waitsFor: 'the shop to answer again' },
  ],
  [
    'paused',
    { item: item({ status: 'delayed', reason: 'paused' }) },
    { waitsFor: 'the end of the pause', until: null },
  ],
  ['too fast', { item: item({ status: 'delayed', reason: 'rate_limited', nextAttemptAt: AT }) }, { until: AT }],
  [
    'not created',
    { item: item({ status: 'blocked', reason: 'no_src_id', blockedBy: { kind: 'set', id: 11 } }) },
    { state: 'blocked', waitsFor: 'product set 11', whatToDo: expect.stringContaining('quality control') },
  ],
  [
    'new variation',
    { item: item({ status: 'blocked', reason: 'set_incomplete', blockedBy: { kind: 'product', id: 102 } }) },
    { state: 'blocked', waitsFor: 'product 102' },
  ],
  [
    'id of another',
    { item: item({ status: 'blocked', reason: 'src_id_conflict', blockedBy: { kind: 'holder', id: 55 } }) },
    { state: 'blocked', waitsFor: 'product 55' },
  ],
  [
    'bad answer',
    { item: item({ status: 'blocked', reason: 'bad_response', lastError: 'no list' }) },
    { text: "The shop's answer could not be used: no list." },
  ],
  [
    'given up',
    { item: item({ status: 'failed', failures: 28 }) },
    { state: 'failed', whatToDo: expect.stringContaining('Reupload') },
  ],
  [
    'acknowledged',
    { item: item({ status: 'got_acknowledgment' }) },
    { state: 'on_its_way', waitsFor: expect.stringContaining('answer') },
  ],
  ['being sent', { item: item({ status: 'made_request' }) }, { state: 'on_its_way' }],
];

describe('a topic in plain words', () => {
  it.each(CASES)('%s', (_, over, expected) => {
    expect(explainTopic(facts(over))).toMatchObject(expected);
  });
});

describe('why a product is not live', () => {
  const live = {
    isDeleted: false,
    hasSeller: true,
    isSellerActive: true,
    status: 'active',
    qcStatus: 'approved',
    srcId: '9',
    shopSku: 'L',
  };

  it('has no reason where all is well', () => {
    expect(whyNotLive(live, [{ topic: 'price', state: 'waiting' }])).toEqual([]);
  });

  it('names what keeps it from being sold, the first thing to see to first', () => {
    const product = { ...live, isSellerActive: false, status: 'inactive', qcStatus: 'pending', srcId: null };
    expect(whyNotLive(product, [])).toEqual([
      'Its seller is inactive.',
      'Its status is inactive.',
      'Quality control has not approved it yet.',
      'The shop has not created it yet.',
    ]);
  });

  it('names what the shop does not know yet of what can be seen there', () => {
    expect(whyNotLive(live, [{ topic: 'status', state: 'failed' }])).toEqual([
      'The shop does not know the latest: Status.',
    ]);
  });
});
