import { describe, expect, it } from 'vitest';
import { decideLane, type GateSettings, type LaneItem } from './decide-lane.js';
import type { Reason, Status } from './statuses.js';
import type { Flow, Topic } from './topics.js';

const SETTINGS: GateSettings = { flow: 'synchronous', blockScope: 'set', failedBlocksLane: false, pausedTopics: [] };

/** `topic status(reason) product`, in the order of age. */
function lane(...lines: string[]): LaneItem[] {
  return lines.map((line, index) => {
    const [topic, at = 'pending', product] = line.split(' ');
    const [status, reason = null] = at.replace(')', '').split('(');
    return {
      id: index + 1,
      productId: product === undefined ? null : Number(product),
      topic: topic as Topic,
      status: status as Status,
      reason: reason as Reason | null,
      availableAt: null,
    };
  });
}

function next(items: LaneItem[], settings: Partial<GateSettings> = {}): string {
  const decision = decideLane(items, { ...SETTINGS, ...settings });
  if (decision.kind === 'idle') return 'idle';
  const item = decision.kind === 'waits' ? decision.for : decision.item;
  return `${decision.kind} ${item.id}`;
}

describe('whose turn it is in a lane', () => {
  it('is the new set’s, then the oldest’s, whatever was queued first', () => {
    expect(next(lane('stock pending 1', 'price pending 1', 'new_product_set'))).toBe('ready 3');
    expect(next(lane('stock pending 1', 'price pending 1'))).toBe('ready 1');
    expect(next(lane('stock made_request 1', 'price pending 1'))).toBe('waits 1');
    expect(next(lane('price pending 1'))).toBe('ready 1');
  });

  const inFlight: [Status, string, string][] = [
    ['processing', 'waits 1', 'waits 1'],
    ['building_request_payload', 'waits 1', 'waits 1'],
    ['made_request', 'waits 1', 'waits 1'],
    ['got_acknowledgment', 'waits 1', 'ready 2'],
    ['got_response', 'waits 1', 'ready 2'],
    ['building_response_payload', 'waits 1', 'ready 2'],
    ['response_processing', 'waits 1', 'ready 2'],
  ];
  it.each(inFlight)('waits for the answer, or for the acknowledgment: %s', (status, synchronous, asynchronous) => {
    const items = lane(`stock ${status} 1`, 'price pending 1');
    expect(next(items, { flow: 'synchronous' })).toBe(synchronous);
    expect(next(items, { flow: 'asynchronous' })).toBe(asynchronous);
  });

  it.each([
    ['delayed(retry)', 'waits 1'],
    ['delayed(circuit_open)', 'waits 1'],
    ['delayed(rate_limited)', 'waits 1'],
    ['delayed(paused)', 'waits 1'],
    ['delayed(stock_hold)', 'ready 2'],
    ['blocked(no_src_id)', 'ready 2'],
    ['blocked(bad_response)', 'ready 2'],
    ['failed', 'ready 2'],
    ['synced', 'ready 2'],
  ])('passes an older item that is %s or stays behind it', (at, decision) => {
    expect(next(lane(`stock ${at} 1`, 'price pending 1'))).toBe(decision);
  });

  it('stays behind one that was given up where that is wanted', () => {
    expect(next(lane('stock failed 1', 'price pending 1'), { failedBlocksLane: true })).toBe('waits 1');
  });

  it('is never that of a younger item while one is on its way that was passed over', () => {
    // A held stock item takes its place by age when its hold ends.
    expect(next(lane('stock pending 1', 'price made_request 1'))).toBe('waits 2');
  });

  it.each<[Flow, string]>([
    ['synchronous', 'ready 1'],
    ['asynchronous', 'waits 2'],
  ])('with an unfinished creation (%s)', (flow, decision) => {
    const items = lane('images pending', 'new_product delayed(retry) 2', 'price pending 1');
    expect(next(items, { flow })).toBe(decision);
  });

  it('is not kept up by the creation of another variation where products are looked at one by one', () => {
    const items = lane('new_product got_acknowledgment 2', 'price pending 1');
    expect(next(items, { flow: 'asynchronous' })).toBe('waits 1');
    expect(next(items, { flow: 'asynchronous', blockScope: 'product' })).toBe('ready 2');
    expect(next(lane('new_product delayed(retry) 2', 'price pending 1'), { blockScope: 'product' })).toBe('ready 2');
  });

  it('goes from creation to creation by age', () => {
    expect(next(lane('new_product delayed(retry) 1', 'new_product pending 2'))).toBe('waits 1');
    expect(next(lane('price delayed(retry) 1', 'new_product pending 2'))).toBe('ready 2');
  });

  it('says that a topic is paused, and that there is nothing', () => {
    expect(next(lane('price pending 1', 'stock pending 1'), { pausedTopics: ['price'] })).toBe('paused 1');
    expect(next(lane('price blocked(no_src_id) 1'))).toBe('idle');
    expect(next([])).toBe('idle');
  });
});
