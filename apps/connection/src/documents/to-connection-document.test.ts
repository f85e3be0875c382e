import type { MasterDoctorDocument } from '@lockstep/contracts';
import { aMasterDoctor } from '@lockstep/testing';
import { describe, expect, it } from 'vitest';
import { toConnectionDocument } from './to-connection-document.js';

const TODAY = '2026-03-14';

interface Case {
  readonly shows: string;
  readonly master: Partial<MasterDoctorDocument>;
  readonly reasons: readonly string[];
  readonly next: string | null;
}

const connected = { connectionStatus: 'Yes', designatedBody: '1-RSSQ05' } as const;
const cases: readonly Case[] = [
  { shows: 'a connected doctor without a membership is no exception', master: connected, reasons: [], next: null },
  {
    shows: 'a membership that ends today is not over, and will be tomorrow',
    master: { ...connected, membershipEndDate: TODAY },
    reasons: [],
    next: '2026-03-15',
  },
  {
    shows: 'a membership that ended yesterday makes a connected doctor an exception, for good',
    master: { ...connected, membershipEndDate: '2026-03-13' },
    reasons: ['MEMBERSHIP_EXPIRED'],
    next: null,
  },
  {
    shows: 'the day after the last of February is in March',
    master: { ...connected, membershipEndDate: '2028-02-29' },
    reasons: [],
    next: '2028-03-01',
  },
  {
    shows: 'an ended membership of a doctor who is not connected is none',
    master: { membershipEndDate: '2020-01-01' },
    reasons: [],
    next: null,
  },
  {
    shows: 'a running membership of a doctor who is not connected changes nothing when it ends',
    master: { membershipEndDate: '2027-01-01' },
    reasons: [],
    next: null,
  },
  {
    shows: 'a visitor is one without a connection',
    master: { membershipType: 'VISITOR' },
    reasons: ['VISITOR'],
    next: null,
  },
  {
    shows: 'in any case of letters',
    master: { ...connected, membershipType: 'viSitor ' },
    reasons: ['VISITOR'],
    next: null,
  },
  { shows: 'other types are not', master: { membershipType: 'Visitor - Academic' }, reasons: [], next: null },
  {
    shows: 'both reasons are told, and a running membership of a visitor still changes',
    master: { ...connected, membershipType: 'Visitor', membershipEndDate: '2026-03-01' },
    reasons: ['VISITOR', 'MEMBERSHIP_EXPIRED'],
    next: null,
  },
];

describe('toConnectionDocument', () => {
  it.each(cases)('$shows', ({ master, reasons, next }) => {
    const document = toConnectionDocument(aMasterDoctor(master), TODAY);
    expect(document).toMatchObject({
      exceptionReasons: reasons,
      isException: reasons.length > 0,
      nextTransitionDate: next,
    });
  });

  it('carries over what the lists show, and nothing else', () => {
    const master = aMasterDoctor({ ...connected, tcsPersonId: 7, programmeName: 'Cardiology', programmes: [] });
    const { exceptionReasons, isException, nextTransitionDate, ...rest } = toConnectionDocument(master, TODAY);
    expect(master).toMatchObject(rest);
    expect(rest).not.toHaveProperty('programmes');
  });
});
