import { describe, expect, it } from 'vitest';
import { readHistoric } from './read-historic.js';

const OPTIONS = { now: new Date('2026-08-31T12:00:00Z'), timeZone: 'Asia/Kolkata' };
const PLAIN = {
  id: 254909,
  startDate: '2026-08-01 00:00:00',
  endDate: '2026-08-02 00:00:00',
  isHistoricSync: '1',
  returnSyncIdentifier: '010101',
};
const READ = {
  request: {
    from: new Date('2026-07-31T18:30:00Z'),
    to: new Date('2026-08-01T18:30:00Z'),
    syncIdentifier: '010101',
    dryRun: false,
  },
};
const errorsOf = (change: object) => {
  const read = readHistoric({ ...PLAIN, ...change }, OPTIONS);
  return 'errors' in read ? read.errors.map(({ path }) => path) : [];
};

describe('the body of a historic sync', () => {
  it('is the same plain and as text', () => {
    expect(readHistoric(PLAIN, OPTIONS)).toEqual(READ);
    expect(readHistoric({ data: JSON.stringify(PLAIN) }, OPTIONS)).toEqual(READ);
    expect(readHistoric({ data: PLAIN }, OPTIONS)).toEqual(READ);
  });

  it('ends now unless it says when', () => {
    const read = readHistoric({ ...PLAIN, endDate: undefined }, OPTIONS);
    expect(read).toMatchObject({ request: { to: OPTIONS.now } });
  });

  it.each([
    [{ startDate: '2026-02-28T12:00:00Z' }, []],
    [{ startDate: '2026-02-28T11:59:59Z' }, ['startDate']],
    [{ startDate: undefined }, ['startDate']],
    [{ startDate: 'yesterday' }, ['startDate']],
    [{ endDate: '2026-08-01 00:00:00' }, ['endDate']],
    [{ isHistoricSync: '0' }, ['isHistoricSync']],
    [{ dryRun: 'yes' }, ['dryRun']],
    [{ returnSyncIdentifier: 7 }, ['returnSyncIdentifier']],
    [{ surprise: 1 }, ['surprise']],
    [{ data: '[1]' }, ['data']],
    [{ data: '{' }, ['data']],
  ])('with %j is refused for %j', (change, paths) => expect(errorsOf(change)).toEqual(paths));
});
