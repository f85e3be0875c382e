import { describe, expect, it } from 'vitest';
import { generatePeople } from './generate-people.js';
import type { TraineePerson } from './trainee-person.js';

const options = { seed: 7, asOf: '2026-03-14' };
const sample = [...generatePeople({ ...options, count: 10_000 })];

function share(is: (person: TraineePerson) => boolean): number {
  return sample.filter(is).length / sample.length;
}

describe('generated people', () => {
  it('are the same for the same seed, and others for another', () => {
    const again = [...generatePeople({ ...options, count: 50 })];
    expect(again).toEqual(sample.slice(0, 50));
    expect([...generatePeople({ ...options, seed: 8, count: 50 })]).not.toEqual(again);
  });

  it('do not depend on how many are asked for, and may begin anywhere', () => {
    const [first] = generatePeople({ ...options, count: 1, firstPersonId: 500 });
    expect(first).toEqual({ ...sample[0], personId: 500 });
  });

  it('are made when they are asked for: the first of five million costs no more than one', () => {
    const people = generatePeople({ ...options, count: 5_000_000 });
    expect(people.next().value).toEqual(sample[0]);
    people.return(undefined);
  });

  it('have about two memberships and three curricula each, some none', () => {
    const memberships = sample.flatMap((person) => person.programmeMemberships);
    const curricula = memberships.flatMap((membership) => membership.curricula);
    expect(memberships.length / sample.length).toBeCloseTo(1.8, 0);
    expect(curricula.length / sample.length).toBeCloseTo(2.7, 0);
    expect(share((person) => person.programmeMemberships.length === 0)).toBeGreaterThan(0.03);
  });

  it('are left out by the filters five times in a hundred', () => {
    const isLeftOut = ({ gmcNumber, role }: TraineePerson): boolean =>
      !/^\s*\d{7}\s*$/.test(gmcNumber ?? '') || /dummy|placeholder/i.test(role ?? '');
    expect(share(isLeftOut)).toBeCloseTo(0.05, 1);
  });

  it('share a number once in two thousand, and pad some', () => {
    const numbers = sample.map(({ gmcNumber }) => gmcNumber?.trim()).filter((number) => /^\d{7}$/.test(number ?? ''));
    expect(numbers.length - new Set(numbers).size).toBeGreaterThanOrEqual(4);
    expect(numbers.length - new Set(numbers).size).toBeLessThanOrEqual(5);
    expect(share(({ gmcNumber }) => gmcNumber?.startsWith(' ') ?? false)).toBeGreaterThan(0.01);
  });

  it('state one name and one owner a programme', () => {
    const stated = new Map<string, string>();
    for (const { programmeNumber, programmeName, owner } of sample.flatMap((person) => person.programmeMemberships)) {
      const said = `${programmeName} of ${owner}`;
      expect(stated.get(programmeNumber) ?? said).toBe(said);
      stated.set(programmeNumber, said);
    }
    expect(stated.size).toBe(192);
  });

  it('never end before they begin, and only exist in valid days', () => {
    for (const { startDate, endDate } of sample.flatMap((person) => person.programmeMemberships)) {
      if (startDate !== null && endDate !== null) expect(startDate <= endDate).toBe(true);
    }
  });
});
