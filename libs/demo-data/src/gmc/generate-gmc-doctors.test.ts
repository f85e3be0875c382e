import { describe, expect, it } from 'vitest';
import { generatePeople } from '../people/generate-people.js';
import { generateGmcDoctors, generateRecommendations } from './generate-gmc-doctors.js';
import type { GmcDoctorLine } from './gmc-lines.js';

const options = { seed: 7, asOf: '2026-03-14' };
const people = [...generatePeople({ ...options, count: 10_000 })];
const doctors = [...generateGmcDoctors({ ...options, count: 9_500 })];
const recommendations = [...generateRecommendations({ ...options, count: 9_500 })];
const numbersOfPeople = new Set(people.map(({ gmcNumber }) => gmcNumber?.trim()));

function share(is: (doctor: GmcDoctorLine) => boolean): number {
  return doctors.filter(is).length / doctors.length;
}

describe('generated GMC doctors', () => {
  it('are the same for the same seed, and others for another', () => {
    expect([...generateGmcDoctors({ ...options, count: 50 })]).toEqual(doctors.slice(0, 50));
    expect([...generateGmcDoctors({ ...options, seed: 8, count: 50 })]).not.toEqual(doctors.slice(0, 50));
  });

  it('are made when they are asked for: the first of three million costs no more than one', () => {
    const lazy = generateGmcDoctors({ ...options, count: 3_000_000 });
    expect(lazy.next().value).toEqual(doctors[0]);
    lazy.return(undefined);
  });

  it('have a number each, most of them that of somebody, some that of nobody', () => {
    expect(new Set(doctors.map(({ gmcNumber }) => gmcNumber)).size).toBe(doctors.length);
    const known = share(({ gmcNumber }) => numbersOfPeople.has(gmcNumber));
    expect(known).toBeGreaterThan(0.88);
    expect(known).toBeLessThan(0.97);
  });

  it('leave some people without a GMC record, and meet some numbers that are shared', () => {
    const numbers = new Set(doctors.map(({ gmcNumber }) => gmcNumber));
    const without = people.filter(({ gmcNumber }) => /^\d{7}$/.test(gmcNumber ?? '') && !numbers.has(gmcNumber ?? ''));
    expect(without.length).toBeGreaterThan(400);
    const shared = people.filter((person, index) => person.gmcNumber === people[index - 1]?.gmcNumber);
    expect(shared.filter(({ gmcNumber }) => numbers.has(gmcNumber ?? '')).length).toBeGreaterThan(2);
  });

  it('are under notice, not, on hold or not told; connected or not', () => {
    for (const notice of ['YES', 'NO', 'ON_HOLD', null]) {
      expect(share(({ underNotice }) => underNotice === notice)).toBeGreaterThan(0.05);
    }
    expect(share(({ designatedBodyCode }) => designatedBodyCode === null)).toBeGreaterThan(0.05);
  });

  it('have none to three recommendations, in every state', () => {
    const counts = new Map<string, number>();
    for (const { gmcNumber } of recommendations) counts.set(gmcNumber, (counts.get(gmcNumber) ?? 0) + 1);
    expect(counts.size).toBeLessThan(doctors.length);
    expect(new Set(counts.values())).toEqual(new Set([1, 2, 3]));
    expect(new Set(recommendations.map(({ id }) => id)).size).toBe(recommendations.length);
    const states = new Set(
      recommendations.map(({ recommendationStatus, outcome }) => `${recommendationStatus} ${outcome}`),
    );
    expect([...states].sort()).toEqual([
      'COMPLETED APPROVED',
      'COMPLETED REJECTED',
      'READY_TO_REVIEW null',
      'SUBMITTED_TO_GMC UNDER_REVIEW',
    ]);
    expect(recommendations.every(({ actualSubmissionDate }) => (actualSubmissionDate ?? '') <= options.asOf)).toBe(
      true,
    );
  });
});
