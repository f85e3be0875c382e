import { describe, expect, it } from 'vitest';
import type { StoredDoctor } from './gmc-doctor-record.js';
import { toGmcDoctorRecord } from './gmc-doctor-record.js';
import { decideSnapshot } from './snapshot.js';

const AS_OF = '2026-03-14';
const BODY = '1-1RSG4X0';
const REQUESTED = '2026-03-13T00:00:00.000Z';

function stored(gmcNumber: string, change: Partial<StoredDoctor> = {}): StoredDoctor {
  return {
    ...toGmcDoctorRecord(gmcNumber, { doctorLastName: 'Doe', underNotice: 'YES', designatedBodyCode: BODY }),
    dateAdded: '2021-08-04',
    gmcLastUpdatedDateTime: '2026-03-12T00:00:00.000Z',
    doctorStatus: 'NOT_STARTED',
    lastUpdatedDate: '2026-01-01',
    admin: 'admin@example.org',
    existsInGmc: true,
    version: 4,
    deleted: false,
    ...change,
  };
}

function decide(named: string[], known: StoredDoctor[], stale: StoredDoctor[] = []) {
  const doctors = named.map((number) => toGmcDoctorRecord(number, { doctorLastName: 'Doe', underNotice: 'YES' }));
  return decideSnapshot(
    { designatedBodyCode: BODY, requestDateTime: REQUESTED, doctors },
    {
      known: new Map(known.map((doctor) => [doctor.gmcNumber, { stored: doctor, recommendations: [] }])),
      stale,
      asOf: AS_OF,
    },
  );
}

describe('a snapshot of a designated body', () => {
  it('creates who is new, connected to the body and asked for at its moment', () => {
    const { decisions, counts } = decide(['1'], []);
    expect(counts).toEqual({ received: 1, created: 1, updated: 0, unchanged: 0, outdated: 0, disconnected: 0 });
    expect(decisions[0]?.next).toMatchObject({
      designatedBodyCode: BODY,
      existsInGmc: true,
      gmcLastUpdatedDateTime: REQUESTED,
      doctorStatus: 'NOT_STARTED',
      dateAdded: AS_OF,
    });
  });

  it('brings somebody over from another body, keeping admin and day of adding', () => {
    const { decisions, counts } = decide(['1'], [stored('1', { designatedBodyCode: '1-1RUZV1D' })]);
    expect(counts.updated).toBe(1);
    expect(decisions[0]?.next).toMatchObject({
      designatedBodyCode: BODY,
      admin: 'admin@example.org',
      dateAdded: '2021-08-04',
      version: 5,
    });
  });

  it('counts who is as before as unchanged, and only notes the moment', () => {
    const { decisions, counts } = decide(['1'], [stored('1')]);
    expect([counts.unchanged, decisions[0]?.change]).toEqual([1, 'refreshed']);
    expect(decisions[0]?.next).toEqual(stored('1', { gmcLastUpdatedDateTime: REQUESTED }));
  });

  it.each([
    ['newer than it', '2026-03-13T00:00:00.001Z', 1],
    ['as old as it', REQUESTED, 0],
    ['never told of', null, 0],
  ])('leaves alone a doctor %s: %s', (_, gmcLastUpdatedDateTime, outdated) => {
    const { counts, decisions } = decide(['1'], [stored('1', { gmcLastUpdatedDateTime })]);
    expect([counts.outdated, decisions.length]).toEqual([outdated, 1 - outdated]);
  });

  it('disconnects who is stale, once, and keeps everything else of them', () => {
    const { decisions, counts } = decide([], [], [stored('2')]);
    expect([counts.received, counts.disconnected]).toEqual([0, 1]);
    expect(decisions[0]?.next).toEqual(
      stored('2', {
        existsInGmc: false,
        designatedBodyCode: null,
        gmcLastUpdatedDateTime: REQUESTED,
        lastUpdatedDate: AS_OF,
        version: 5,
      }),
    );
  });
});
