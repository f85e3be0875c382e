import { isSearchUnavailable } from '@lockstep/search';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aRow, describeReturnTarget } from '../return-target.conformance.js';
import { AlgoliaTarget } from './algolia.target.js';
import { type AlgoliaDouble, startAlgoliaDouble } from './algolia-double.fixture.js';

const INDEX = 'es_prod';
let double: AlgoliaDouble;
let target: AlgoliaTarget;

beforeAll(async () => {
  double = await startAlgoliaDouble();
  target = new AlgoliaTarget({ appId: 'APP', apiKey: 'key', indexName: INDEX, url: double.url });
});
afterAll(() => double?.close());

const record = (id: number) => double.indexes.get(INDEX)?.get(String(id));

describeReturnTarget('Algolia', async () => ({
  target,
  read: async (id) => {
    const held = record(id);
    const { version, tombstone, courierName, returnTrackingId } = held ?? {};
    return held && { version: version as number, isGone: tombstone === true, courierName, returnTrackingId };
  },
  makeUnstorable: (row) => ({ ...row, document: { ...row.document!, customerReturnNumber: 'x'.repeat(200_000) } }),
}));

describe('Algolia', () => {
  beforeEach(() => {
    double.failures.length = 0;
    double.batches.length = 0;
  });

  it('gets a thousand returns a request', async () => {
    const rows = Array.from({ length: 1_001 }, (_, at) => aRow(1_000 + at, 1));
    expect((await target.write(rows)).filter(({ status }) => status === 'written')).toHaveLength(1_001);
    expect(double.batches).toEqual([1_000, 1]);
  });

  it('gets nothing personal', async () => {
    const shipment = {
      location: null,
      warehouseId: 'W',
      expectedDeliveryAt: null,
      slaDueAt: null,
      customerName: 'Kim Novak',
      customerPhone: '5550101',
      customerEmail: 'kim@example.org',
      pickupCity: 'Leeds',
      pickupState: null,
      pickupPostalCode: 'LS1 4AP',
    };
    await target.write([aRow(20, 1, { shipment })]);
    expect(record(20)).toMatchObject({
      customerName: 'K***',
      customerPhoneHash: null,
      pickup: { postalCode: 'LS***' },
    });
    expect(JSON.stringify(record(20))).not.toMatch(/Novak|5550101|4AP/);
  });

  it.each([500, 503, 403])('that answers %s is away: nothing is lost by it', async (status) => {
    double.failures.push(...Array(4).fill(status));
    const failed = await target.write([aRow(30, 1)]).catch((error: unknown) => error);
    expect(isSearchUnavailable(failed)).toBe(true);
    double.failures.length = 0;
    expect(await target.write([aRow(30, 1)])).toEqual([{ status: 'written' }]);
  });

  it('that nobody answers for is away', async () => {
    const nobody = new AlgoliaTarget({ appId: 'APP', apiKey: 'key', indexName: INDEX, url: 'http://127.0.0.1:9' });
    const failed = await nobody.write([aRow(31, 1)]).catch((error: unknown) => error);
    expect(isSearchUnavailable(failed)).toBe(true);
  });
});
