import { beforeAll, describe, expect, it } from 'vitest';
import { hashPersonalWith } from './hash-personal.js';
import type { ReturnAggregate } from './return-aggregate.js';
import type { ReturnRow, ReturnTarget } from './return-target.js';
import { toDocument } from './to-document.js';

/** A place under test, and what it holds. */
export interface TargetUnderTest {
  readonly target: ReturnTarget;
  /** What is held of a return: undefined when nothing ever was. */
  read(id: number): Promise<HeldReturn | undefined>;
  /** A document that this place cannot store, whatever it does. */
  makeUnstorable(row: ReturnRow): ReturnRow;
}

export interface HeldReturn {
  readonly version: number;
  readonly isGone: boolean;
  readonly courierName: unknown;
  readonly returnTrackingId: unknown;
}

/** What every place where returns are written must keep. */
export function describeReturnTarget(name: string, open: () => Promise<TargetUnderTest>): void {
  describe(`${name}, as a place for returns`, () => {
    // Ids that nothing else of a suite has.
    const at = (id: number) => 900_000_000 + id;
    let place: TargetUnderTest;
    beforeAll(async () => {
      place = await open();
    });
    const write = (...rows: ReturnRow[]) => place.target.write(rows);
    const statuses = async (...rows: ReturnRow[]) => (await write(...rows)).map(({ status }) => status);
    const DONE = expect.stringMatching(/^(written|stale)$/);

    it('holds what is written, and then what is newer, whole', async () => {
      expect(await statuses(aRow(at(1), 1, { courierName: 'Fast', returnTrackingId: 'T' }))).toEqual(['written']);
      expect(await place.read(at(1))).toEqual({
        version: 1,
        isGone: false,
        courierName: 'Fast',
        returnTrackingId: 'T',
      });
      expect(await statuses(aRow(at(1), 2, { courierName: 'Slow' }))).toEqual(['written']);
      expect(await place.read(at(1))).toEqual({
        version: 2,
        isGone: false,
        courierName: 'Slow',
        returnTrackingId: null,
      });
    });

    it('never goes back', async () => {
      await write(aRow(at(2), 5, { courierName: 'newer' }));
      expect(await statuses(aRow(at(2), 4, { courierName: 'older' }))).toEqual([DONE]);
      expect(await place.read(at(2))).toMatchObject({ version: 5, courierName: 'newer' });
    });

    it('may be told the same twice', async () => {
      const row = aRow(at(3), 1, { courierName: 'once' });
      expect(await statuses(row)).toEqual(['written']);
      expect(await statuses(row)).toEqual([DONE]);
      expect(await place.read(at(3))).toMatchObject({ version: 1, courierName: 'once' });
    });

    it('keeps gone what is gone, also when an older state comes late, and takes it back when it is newer', async () => {
      await write(aRow(at(4), 1));
      expect(await statuses({ id: at(4), version: 3, document: null })).toEqual(['written']);
      expect(await place.read(at(4))).toMatchObject({ version: 3, isGone: true });
      await write(aRow(at(4), 2, { courierName: 'late' }));
      expect(await place.read(at(4))).toMatchObject({ version: 3, isGone: true });
      await write(aRow(at(4), 4, { courierName: 'again' }));
      expect(await place.read(at(4))).toMatchObject({ version: 4, isGone: false, courierName: 'again' });
    });

    it('knows of a return only that it is gone', async () => {
      await write({ id: at(5), version: 9, document: null });
      await write(aRow(at(5), 8));
      expect(await place.read(at(5))).toMatchObject({ version: 9, isGone: true });
    });

    it('refuses what it cannot store, and that alone', async () => {
      const bad = place.makeUnstorable(aRow(at(7), 1));
      const outcomes = await write(aRow(at(6), 1), bad, aRow(at(8), 1));
      expect(outcomes.map(({ status }) => status)).toEqual(['written', 'rejected', 'written']);
      expect(outcomes[1]).toMatchObject({ reason: expect.stringMatching(/./) });
      expect(await place.read(at(6))).toBeDefined();
      expect(await place.read(at(7))).toBeUndefined();
      expect(await place.read(at(8))).toBeDefined();
    });

    it('stops before it begins when nobody waits any more', async () => {
      const signal = AbortSignal.abort(new Error('nobody waits'));
      await expect(place.target.write([aRow(at(9), 1)], signal)).rejects.toThrow('nobody waits');
      expect(await place.read(at(9))).toBeUndefined();
    });

    it('takes nothing', async () => {
      expect(await write()).toEqual([]);
    });
  });
}

const hash = hashPersonalWith('a key of sixteen or more');

/** A return in a version. */
export function aRow(id: number, version: number, more: Partial<ReturnAggregate> = {}): ReturnRow {
  const aggregate: ReturnAggregate = {
    id,
    version,
    deleted: false,
    createdAt: '2026-11-01T00:00:00.000Z',
    updatedAt: '2026-11-02T00:00:00.000Z',
    customerReturnNumber: `R-${id}`,
    returnType: 'CUSTOMER',
    pickupType: null,
    courierName: null,
    returnTrackingId: null,
    refundAmount: null,
    isCOD: false,
    requestedAt: null,
    resolution: null,
    invoiceNumber: null,
    order: null,
    shipment: null,
    items: [],
    events: [],
    tags: [],
    ...more,
  };
  return { id, version, document: toDocument(aggregate, hash) };
}
