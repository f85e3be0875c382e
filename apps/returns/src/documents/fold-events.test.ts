import { describe, expect, it } from 'vitest';
import { type FoldedReturn, foldEvents, isUnknownEvent, type ReturnEvent } from './fold-events.js';
import type { EventSource } from './status-words.js';

const KNOWN: FoldedReturn = { returnType: 'CUSTOMER', pickupType: 'reverse', itemIds: [1, 2] };
let ids = 0;

/** `at` in minutes of the day on which all happens; heard of a day later, in the order of the list. */
function told(source: EventSource, status: string, at: number | null, more: Partial<ReturnEvent> = {}): ReturnEvent {
  ids += 1;
  return {
    id: ids,
    source,
    status,
    externalUpdatedAt: at === null ? null : minute(at),
    createdAt: new Date(Date.UTC(2026, 10, 6, 0, 0, ids)).toISOString(),
    returnItemId: null,
    itemStatus: null,
    details: null,
    ...more,
  };
}
const minute = (at: number) => new Date(Date.UTC(2026, 10, 5, 0, at)).toISOString();
const courier = (status: string, at: number | null, more?: Partial<ReturnEvent>) => told('courier', status, at, more);
const warehouse = (status: string, at: number | null, more?: Partial<ReturnEvent>) =>
  told('warehouse', status, at, more);
const qc = (returnItemId: number, itemStatus: string, at: number) => warehouse('qc', at, { returnItemId, itemStatus });

type Case = [string, ReturnEvent[], string, string?];

describe('the state of a return', () => {
  it.each<Case>([
    ['waits for its pickup when nothing was told', [], 'AWAITING_PICKUP'],
    [
      'waits after an attempt that failed',
      [courier('out_for_pickup', 1), courier('pickup_failed', 2)],
      'AWAITING_PICKUP',
    ],
    ['is on its way once picked up', [courier('picked_up', 1)], 'RETURN_ON_THE_WAY'],
    ['reads a word however it is spelt', [courier(' In-Transit ', 1)], 'RETURN_ON_THE_WAY'],
    ['is delivered', [courier('intransit', 1), courier('delivered', 2)], 'RETURN_DELIVERED'],
    [
      'follows the time of what happened, not of what was heard',
      [courier('delivered', 9), courier('intransit', 5)],
      'RETURN_DELIVERED',
    ],
    [
      'goes by when it was heard where nobody says when it happened',
      [courier('picked_up', null), courier('delivered', null)],
      'RETURN_DELIVERED',
    ],
    [
      'takes the beginning of 1970 for not knowing',
      [courier('delivered', null), courier('picked_up', null, { externalUpdatedAt: '1970-01-01T00:00:00.000Z' })],
      'RETURN_ON_THE_WAY',
    ],
    [
      'takes the later told of two at one time',
      [courier('delivered', 3), courier('intransit', 3)],
      'RETURN_ON_THE_WAY',
    ],
    [
      'is not changed by what is no state',
      [courier('delivered', 1), courier('contact_customer_care', 2), courier('shipment_delayed', 3)],
      'RETURN_DELIVERED',
    ],
    ['is not changed by a word nobody knows', [courier('delivered', 1), courier('beamed_up', 2)], 'RETURN_DELIVERED'],
    [
      'is not changed by a word of JavaScript',
      [courier('delivered', 1), courier('constructor', 2)],
      'RETURN_DELIVERED',
    ],
    ['is cancelled', [courier('cancelled', 1)], 'PICKUP_CANCELLED'],
    [
      'stays cancelled whatever a courier says later',
      [courier('cancelled', 1), courier('picked_up', 2), courier('delivered', 3)],
      'PICKUP_CANCELLED',
    ],
    [
      'is cancelled by a check at the door',
      [courier('out_for_pickup', 1), courier('doorstep_qc_failed', 2)],
      'PICKUP_CANCELLED',
    ],
    [
      'is received although it was cancelled',
      [courier('cancelled', 1), warehouse('received', 2)],
      'RETURN_IN_PROCESSING',
    ],
    [
      'is received, whatever a courier says before or after',
      [warehouse('received', 2), courier('intransit', 3), courier('delivered', 1), courier('cancelled', 4)],
      'RETURN_IN_PROCESSING',
    ],
    [
      'is received by its first item that is looked at',
      [qc(1, 'restocked', 2), courier('intransit', 3)],
      'RETURN_IN_PROCESSING',
    ],
    [
      'is not cancelled by a warehouse that has it',
      [warehouse('received', 1), warehouse('cancelled', 2)],
      'RETURN_IN_PROCESSING',
    ],
    ['is lost on its way', [courier('intransit', 1), courier('lost', 2)], 'LOST'],
    ['is found again', [courier('lost', 1), courier('delivered', 2)], 'RETURN_DELIVERED'],
    [
      'is done when every item has its end',
      [warehouse('received', 1), qc(1, 'RESTOCKED', 2), qc(2, 'Damaged', 3)],
      'RETURNED',
      minute(3),
    ],
    [
      'is not done while one item has none',
      [warehouse('received', 1), qc(1, 'restocked', 2)],
      'RETURN_IN_PROCESSING',
      minute(1),
    ],
    ['is done by one word for all items', [warehouse('restocked', 5)], 'RETURNED', minute(5)],
    [
      'stays done whatever a courier says later',
      [warehouse('restocked', 5), courier('lost', 9)],
      'RETURNED',
      minute(5),
    ],
    [
      'is as old as its last change, not as the word repeated',
      [courier('intransit', 1), courier('intransit', 7)],
      'RETURN_ON_THE_WAY',
      minute(1),
    ],
  ])('%s', (_, events, status, at) => {
    const folded = foldEvents(KNOWN, events);
    expect(folded.status).toBe(status);
    if (at) expect(folded.statusUpdatedAt).toBe(at);
    // Nothing depends on the order in which the log is read.
    expect(foldEvents(KNOWN, events.toReversed())).toEqual(folded);
  });

  it.each([
    ['CUSTOMER', null, 'AWAITING_PICKUP'],
    ['CUSTOMER', 'Reverse', 'AWAITING_PICKUP'],
    ['CUSTOMER', 'third-party', 'RETURN_ON_THE_WAY'],
    ['CUSTOMER', 'marketplace', 'RETURN_ON_THE_WAY'],
    ['COURIER', 'reverse', 'RETURN_ON_THE_WAY'],
    ['COURIER', null, 'RETURN_ON_THE_WAY'],
    ['UNKNOWN', null, 'RETURN_ON_THE_WAY'],
    ['UNKNOWN', 'reverse', 'AWAITING_PICKUP'],
  ])('of type %s with pickup %s begins as %s', (returnType, pickupType, status) => {
    expect(foldEvents({ returnType, pickupType, itemIds: [] }, []).status).toBe(status);
  });
});

describe('the state of an item', () => {
  const states = (events: ReturnEvent[]) => {
    const { items } = foldEvents(KNOWN, events);
    return [items.get(1)?.status, items.get(2)?.status];
  };

  it.each<[string, ReturnEvent[], string[]]>([
    ['is pending before the warehouse has it', [courier('delivered', 1)], ['PENDING', 'PENDING']],
    ['is in processing when all is received', [warehouse('received', 1)], ['IN_PROCESSING', 'IN_PROCESSING']],
    ['has an end of its own', [qc(1, 'restocked', 1)], ['RESTOCKED', 'IN_PROCESSING']],
    [
      'is replaced by another end that the warehouse tells of',
      [qc(1, 'restocked', 1), qc(1, 'damaged', 2)],
      ['DAMAGED', 'IN_PROCESSING'],
    ],
    ['goes by the time of the check', [qc(1, 'damaged', 2), qc(1, 'restocked', 1)], ['DAMAGED', 'IN_PROCESSING']],
    [
      'is not taken back by being received again',
      [qc(1, 'restocked', 1), warehouse('received', 2)],
      ['RESTOCKED', 'IN_PROCESSING'],
    ],
    ['can be lost by a courier', [courier('lost', 1, { returnItemId: 2 })], ['PENDING', 'LOST']],
    [
      'was lost by a courier and is found by the warehouse',
      [courier('lost', 1, { returnItemId: 2 }), qc(2, 'restocked', 2)],
      ['IN_PROCESSING', 'RESTOCKED'],
    ],
    [
      'has an end that no courier undoes',
      [qc(2, 'restocked', 1), courier('lost', 2, { returnItemId: 2 })],
      ['IN_PROCESSING', 'RESTOCKED'],
    ],
    ['is not an item of another return', [qc(9, 'restocked', 1)], ['IN_PROCESSING', 'IN_PROCESSING']],
    ['is not changed by a word nobody knows', [qc(1, 'vanished', 1)], ['PENDING', 'PENDING']],
  ])('%s', (_, events, wanted) => {
    expect(states(events)).toEqual(wanted);
  });

  it('keeps what the warehouse has found', () => {
    const details = { itemCondition: 'NON_SELLABLE' as const, qcRejectionReasons: ['cracked'], shelf: 'A1' };
    const { items } = foldEvents(KNOWN, [warehouse('qc', 1, { returnItemId: 1, itemStatus: 'damaged', details })]);
    expect(items.get(1)?.details).toEqual(details);
  });
});

describe('the log of a return', () => {
  it('gives the dates of its way, the first of each but the last delivery', () => {
    const folded = foldEvents(KNOWN, [
      courier('picked_up', 10),
      courier('intransit', 20),
      courier('delivered', 30),
      courier('delivered', 40),
      warehouse('received', 50),
      warehouse('restocked', 60),
    ]);
    expect(folded).toMatchObject({
      pickedUpAt: minute(10),
      onTheWayAt: minute(10),
      deliveredAt: minute(40),
      receivedAt: minute(50),
      completedAt: minute(60),
      cancelledAt: null,
      statusLog: { picked_up: minute(10), delivered: minute(40), restocked: minute(60) },
      rawStatus: 'restocked',
    });
  });

  it('keeps words that nobody knows as they were told, and names them', () => {
    const folded = foldEvents(KNOWN, [courier('delivered', 1), courier('Beamed Up', 2)]);
    expect(folded).toMatchObject({ rawStatus: 'Beamed Up', latestStatus: 'beamed_up', unknownWords: ['beamed_up'] });
    const event = { source: 'courier' as const, status: 'Beamed Up', returnItemId: null, itemStatus: null };
    expect(isUnknownEvent(event)).toBe(true);
    expect(isUnknownEvent({ ...event, status: 'contact customer care' })).toBe(false);
    expect(isUnknownEvent({ ...event, source: 'warehouse', status: 'qc', itemStatus: 'vanished' })).toBe(true);
    expect(isUnknownEvent({ ...event, source: 'forward', status: 'anything' })).toBe(false);
  });

  it('tells what became of the order once the return was cancelled', () => {
    const of = (events: ReturnEvent[]) => foldEvents(KNOWN, events).orderItemStatus;
    expect(of([])).toBeNull();
    expect(of([courier('cancelled', 1)])).toBe('DELIVERED');
    expect(of([told('forward', 'picked_up', 0), courier('cancelled', 1)])).toBe('HANDOVER_DONE');
    expect(of([told('forward', 'delivered', 0), courier('cancelled', 1)])).toBe('DELIVERED');
    expect(of([courier('cancelled', 1), warehouse('received', 2)])).toBeNull();
  });
});
