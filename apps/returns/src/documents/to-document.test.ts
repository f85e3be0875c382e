import { fromIndexSource, toIndexSource } from '@lockstep/search';
import { describe, expect, it } from 'vitest';
import type { ReturnEvent } from './fold-events.js';
import { hashPersonalWith, toEmailKey, toPhoneKey } from './hash-personal.js';
import { makeRows } from './indexed-returns.js';
import type { ReturnAggregate } from './return-aggregate.js';
import { returnSchema } from './return-schema.js';
import { toDocument } from './to-document.js';

const hash = hashPersonalWith('a key of sixteen or more');
const event = (status: string, at: string, more: Partial<ReturnEvent> = {}): ReturnEvent => ({
  id: 1,
  source: 'courier',
  status,
  externalUpdatedAt: at,
  createdAt: at,
  returnItemId: null,
  itemStatus: null,
  details: null,
  ...more,
});
const item = {
  returnItemId: 1,
  orderItemId: 11,
  sku: 'A',
  esin: null,
  ean: null,
  productName: 'Shoe',
  brand: 'Zip',
  quantity: 2,
  lineItemTotal: 5_900,
  returnReason: 'too small',
  returnSubReason: null,
  images: null,
};
const RETURN: ReturnAggregate = {
  id: 7,
  version: 3,
  deleted: false,
  createdAt: '2026-11-01T00:00:00.000Z',
  updatedAt: '2026-11-02T00:00:00.000Z',
  customerReturnNumber: 'R-7',
  returnType: 'CUSTOMER',
  pickupType: 'reverse',
  courierName: null,
  returnTrackingId: null,
  refundAmount: 1_050,
  isCOD: false,
  requestedAt: null,
  resolution: null,
  invoiceNumber: null,
  order: {
    id: 1,
    customerOrderNumber: 'O-1',
    orderDate: '2026-10-20T10:00:00Z',
    portal: 'web',
    salesChannel: 'shop',
    accountSlug: 'acme',
    workspace: 'north',
    paymentType: 'COD',
  },
  shipment: null,
  items: [item, { ...item, returnItemId: 2, quantity: 1 }],
  events: [],
  tags: ['b', 'a'],
};
const of = (more: Partial<ReturnAggregate>) => toDocument({ ...RETURN, ...more }, hash);

it('is not kept from others by one that nobody foresaw', () => {
  const broken = { ...RETURN, id: 8, items: null } as unknown as ReturnAggregate;
  const { rows, unmade } = makeRows([broken, RETURN, { ...RETURN, id: 9, deleted: true }], hash);
  expect(rows.map(({ id, document }) => [id, document === null])).toEqual([
    [7, false],
    [9, true],
  ]);
  expect(unmade).toEqual([{ id: 8, reason: expect.stringContaining('No document can be made') }]);
});

describe('the document of a return', () => {
  it('fits the index, and is the same whenever it is made', () => {
    const { version } = RETURN;
    const document = of({});
    const source = toIndexSource(returnSchema, { id: '7', version, document });
    expect(fromIndexSource(source)).toMatchObject({
      version,
      deleted: false,
      document: JSON.parse(JSON.stringify(document)),
    });
    expect(Object.keys(document).filter((name) => !(name in returnSchema.fields))).toEqual([]);
    expect(of({})).toEqual(document);
  });

  it('sums its items', () => {
    expect(of({})).toMatchObject({
      itemCount: 2,
      totalQuantity: 3,
      itemStatuses: ['PENDING'],
      itemStatusSummary: { PENDING: 2 },
      productNames: ['Shoe'],
      orderDate: '2026-10-20',
      statusUpdatedAt: RETURN.createdAt,
    });
  });

  it('is due some days after its pickup, unless somebody says otherwise', () => {
    const picked = event('picked_up', '2026-11-03T00:00:00.000Z');
    expect(of({}).slaDueAt).toBeNull();
    expect(of({ events: [picked] }).slaDueAt).toBe('2026-11-15T00:00:00.000Z');
    expect(of({ events: [picked], returnType: 'COURIER' }).slaDueAt).toBe('2026-11-18T00:00:00.000Z');
    expect(of({ events: [picked], returnType: 'UNKNOWN' }).slaDueAt).toBe('2026-11-18T00:00:00.000Z');
  });

  it.each<[string, Partial<ReturnAggregate>, string[]]>([
    ['nothing', {}, []],
    ['an order that nobody knows', { order: null }, ['ORDER_UNKNOWN']],
    ['a loss', { events: [event('lost', '2026-11-03T00:00:00.000Z')] }, ['LOST']],
    ['a loss that was settled', { events: [event('lost', '2026-11-03T00:00:00.000Z')], resolution: 'refunded' }, []],
    [
      'a delivery after it was cancelled',
      { events: [event('cancelled', '2026-11-03T00:00:00.000Z'), event('delivered', '2026-11-04T00:00:00.000Z')] },
      ['DELIVERED_AFTER_CANCELLATION'],
    ],
    [
      'three pickups in vain',
      { events: [3, 4, 5].map((day) => event('pickup_failed', `2026-11-0${day}T00:00:00.000Z`)) },
      ['PICKUP_KEEPS_FAILING'],
    ],
    ['a last word that nobody knows', { events: [event('beamed_up', '2026-11-03T00:00:00.000Z')] }, ['STATUS_UNKNOWN']],
  ])('asks for attention because of %s', (_, more, reasons) => {
    expect(of(more)).toMatchObject({ attentionReasons: reasons, needAttention: reasons.length > 0 });
  });

  it('says of a condition what the end of the item says, unless the warehouse says more', () => {
    const qc = (itemStatus: string, more: Partial<ReturnEvent> = {}) =>
      event('qc', '2026-11-03T00:00:00.000Z', { source: 'warehouse', returnItemId: 1, itemStatus, ...more });
    const condition = (events: ReturnEvent[]) => of({ events }).items[0]?.returnItemCondition;
    expect(condition([qc('restocked')])).toBe('SELLABLE');
    expect(condition([qc('damaged')])).toBe('NON_SELLABLE');
    expect(condition([qc('restocked', { details: { itemCondition: 'NON_SELLABLE' } })])).toBe('NON_SELLABLE');
    expect(condition([])).toBeNull();
  });

  it('holds of phone and mail only what they hash to, the same for the same person', () => {
    const shipment = {
      location: null,
      warehouseId: null,
      expectedDeliveryAt: null,
      slaDueAt: null,
      customerName: 'Kim',
      customerPhone: '+44 20-7946 0101',
      customerEmail: ' Kim@Example.ORG',
      pickupCity: null,
      pickupState: null,
      pickupPostalCode: null,
    };
    const document = of({ shipment });
    expect(JSON.stringify(document)).not.toMatch(/7946|example/i);
    expect(document['customerPhoneHash']).toBe(hash(toPhoneKey('0044 (20) 79460101')));
    expect(document['customerEmailHash']).toBe(hash(toEmailKey('kim@example.org')));
    expect(document['customerEmailHash']).not.toBe(
      hashPersonalWith('another key, as long')(toEmailKey('kim@example.org')),
    );
  });
});
