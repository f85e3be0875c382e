import { describe, expect, it } from 'vitest';
import {
  type DoctorFacts,
  gmcOutcomeOf,
  latestRecommendation,
  pastCompleted,
  type RecommendationFacts,
  tisStatusOf,
} from './recommendation-rules.js';

const AS_OF = '2026-03-14';
const UNDER_NOTICE: DoctorFacts = { underNotice: 'YES' };

function sent(id: string, facts: Partial<RecommendationFacts> = {}): RecommendationFacts {
  return {
    id,
    type: 'REVALIDATE',
    status: 'SUBMITTED_TO_GMC',
    outcome: 'UNDER_REVIEW',
    gmcSubmissionDate: '2026-05-01',
    actualSubmissionDate: '2026-03-01',
    ...facts,
  };
}

function draft(id: string, facts: Partial<RecommendationFacts> = {}): RecommendationFacts {
  return sent(id, { status: 'READY_TO_REVIEW', outcome: null, actualSubmissionDate: null, ...facts });
}

describe('pastCompleted', () => {
  const approved = (actualSubmissionDate: string | null) => sent('1', { outcome: 'APPROVED', actualSubmissionDate });

  it.each([
    ['approved more than a month ago', approved('2026-02-13'), UNDER_NOTICE, true],
    ['approved exactly a month ago', approved('2026-02-14'), UNDER_NOTICE, false],
    ['approved yesterday', approved('2026-03-13'), UNDER_NOTICE, false],
    ['approved, never sent', approved(null), UNDER_NOTICE, false],
    ['rejected long ago', sent('1', { outcome: 'REJECTED', actualSubmissionDate: '2020-01-01' }), UNDER_NOTICE, false],
    ['under review for long', sent('1', { actualSubmissionDate: '2020-01-01' }), UNDER_NOTICE, false],
    ['not under notice', approved('2020-01-01'), { underNotice: 'NO' }, false],
    ['on hold', approved('2020-01-01'), { underNotice: 'ON_HOLD' }, false],
    ['notice unknown', approved('2020-01-01'), { underNotice: null }, false],
  ] satisfies [string, RecommendationFacts, DoctorFacts, boolean][])('%s', (_, recommendation, doctor, expected) => {
    expect(pastCompleted(recommendation, doctor, AS_OF)).toBe(expected);
  });

  it.each([
    ['2026-03-31', '2026-02-28', false],
    ['2026-03-31', '2026-02-27', true],
    ['2028-03-30', '2028-02-29', false],
    ['2028-03-30', '2028-02-28', true],
    ['2026-01-15', '2025-12-15', false],
    ['2026-01-15', '2025-12-14', true],
  ])('on %s, one sent on %s counts as past: %s (a shorter month ends earlier)', (asOf, day, expected) => {
    expect(pastCompleted(approved(day), UNDER_NOTICE, asOf)).toBe(expected);
  });
});

describe('latestRecommendation', () => {
  it.each([
    ['none at all', [], null],
    ['one that waits for review goes before one sent later', [sent('1'), draft('2')], '2'],
    ['one that waits but was rejected does not', [sent('1'), draft('2', { outcome: 'REJECTED' })], '1'],
    ['one that waits but was approved does not', [sent('1'), draft('2', { outcome: 'APPROVED' })], '1'],
    ['one that waits and is under review does', [sent('1'), draft('2', { outcome: 'UNDER_REVIEW' })], '2'],
    [
      'of two that wait, the one with the later due date',
      [draft('2', { gmcSubmissionDate: '2026-06-01' }), draft('3')],
      '2',
    ],
    ['the one sent last', [sent('1', { actualSubmissionDate: '2026-02-01' }), sent('2')], '2'],
    ['a draft of another status comes last', [draft('2', { status: 'STARTED' }), sent('1')], '1'],
    ['sent the same day: the later due date', [sent('1', { gmcSubmissionDate: '2027-01-01' }), sent('2')], '1'],
    ['equal in every date: the highest id', [sent('1'), sent('3'), sent('2')], '3'],
    [
      'none when the one sent last is past completed, whatever came before',
      [
        sent('1', { actualSubmissionDate: '2020-01-01' }),
        sent('2', { outcome: 'APPROVED', actualSubmissionDate: '2026-01-01' }),
      ],
      null,
    ],
  ] satisfies [string, RecommendationFacts[], string | null][])('%s', (_, recommendations, expected) => {
    expect(latestRecommendation(recommendations, UNDER_NOTICE, AS_OF)?.id ?? null).toBe(expected);
    expect(latestRecommendation([...recommendations].reverse(), UNDER_NOTICE, AS_OF)?.id ?? null).toBe(expected);
  });
});

describe('tisStatusOf', () => {
  it.each([
    ['nothing', null, 'NOT_STARTED'],
    ['neither type nor outcome', draft('1', { type: null }), 'NOT_STARTED'],
    ['a type only', draft('1'), 'DRAFT'],
    ['approved', sent('1', { outcome: 'APPROVED' }), 'COMPLETED'],
    ['rejected', sent('1', { outcome: 'REJECTED' }), 'COMPLETED'],
    ['rejected without a type', sent('1', { outcome: 'REJECTED', type: null }), 'COMPLETED'],
    ['under review', sent('1'), 'SUBMITTED_TO_GMC'],
  ] as const)('%s: %s', (_, latest, expected) => {
    expect(tisStatusOf(latest)).toBe(expected);
  });
});

describe('gmcOutcomeOf', () => {
  it.each([
    ['no recommendation', [], null],
    ['approved lately', [sent('1', { outcome: 'APPROVED' })], 'Approved'],
    [
      'rejected, however long ago',
      [sent('1', { outcome: 'REJECTED', actualSubmissionDate: '2020-01-01' })],
      'Rejected',
    ],
    ['under review', [sent('1')], 'Under Review'],
    ['past completed', [sent('1', { outcome: 'APPROVED', actualSubmissionDate: '2026-02-13' })], null],
    ['a draft', [draft('1', { outcome: 'UNDER_REVIEW' })], null],
    ['sent, not answered', [sent('1', { outcome: null })], null],
    [
      'a draft for a later due date hides the older answer',
      [sent('1', { outcome: 'REJECTED' }), draft('2', { gmcSubmissionDate: '2027-05-01' })],
      null,
    ],
    ['a draft for the same due date does not', [sent('1', { outcome: 'REJECTED' }), draft('2')], 'Rejected'],
    [
      'the same due date: the one sent last',
      [sent('1', { outcome: 'REJECTED', actualSubmissionDate: '2026-02-01' }), sent('2')],
      'Under Review',
    ],
    ['the same dates: the highest id', [sent('2', { outcome: 'REJECTED' }), sent('1')], 'Rejected'],
    [
      'no due date comes last',
      [sent('2', { gmcSubmissionDate: null }), sent('1', { outcome: 'REJECTED' })],
      'Rejected',
    ],
    [
      'the later due date, though sent earlier',
      [
        sent('1', { outcome: 'REJECTED', gmcSubmissionDate: '2026-09-01', actualSubmissionDate: '2026-01-01' }),
        sent('2'),
      ],
      'Rejected',
    ],
  ] satisfies [string, RecommendationFacts[], string | null][])('%s', (_, recommendations, expected) => {
    expect(gmcOutcomeOf(recommendations, UNDER_NOTICE, AS_OF)).toBe(expected);
    expect(gmcOutcomeOf([...recommendations].reverse(), UNDER_NOTICE, AS_OF)).toBe(expected);
  });

  it('keeps an old approval of a doctor who is not under notice', () => {
    const approved = sent('1', { outcome: 'APPROVED', actualSubmissionDate: '2020-01-01' });
    expect(gmcOutcomeOf([approved], { underNotice: 'NO' }, AS_OF)).toBe('Approved');
  });
});
