import { describe, expect, it } from 'vitest';
import { goldenDoctors, goldenGmcDoctors } from './golden-doctors.js';
import type { GoldenGmcDoctor } from './golden-gmc-parts.js';

const doctors = goldenDoctors('2026-03-14');
const withGmc = goldenGmcDoctors('2026-03-14');
const all = [...doctors, ...withGmc];
const people = all.flatMap((doctor) => doctor.people);

describe('golden doctors', () => {
  it('do not influence each other: every person and every number belongs to one of them', () => {
    const ids = people.map(({ personId }) => personId);
    expect(new Set(ids).size).toBe(ids.length);
    const numbers = all.flatMap((doctor) => {
      const told = 'gmcDoctors' in doctor ? (doctor as GoldenGmcDoctor).gmcDoctors : [];
      return [...new Set([...doctor.people, ...told].map(({ gmcNumber }) => gmcNumber?.trim()))];
    });
    const real = numbers.filter((number) => /^\d+$/.test(number ?? ''));
    expect(new Set(real).size).toBe(real.length);
  });

  it('expect documents only of numbers that their own people have', () => {
    for (const doctor of doctors) {
      const numbers = doctor.people.map(({ gmcNumber }) => gmcNumber?.trim());
      for (const [number, document] of Object.entries(doctor.expected)) {
        expect(numbers, doctor.shows).toContain(number);
        expect(document.gmcReferenceNumber, doctor.shows).toBe(number);
        expect(document.isDiscrepancy, doctor.shows).toBe(document.tcsDesignatedBody !== null);
      }
    }
  });

  it('with GMC data expect documents of numbers that somebody has, connected when there is a body', () => {
    for (const doctor of withGmc) {
      const numbers = [...doctor.people, ...doctor.gmcDoctors].map(({ gmcNumber }) => gmcNumber?.trim());
      for (const [number, document] of Object.entries(doctor.expected)) {
        expect(numbers, doctor.shows).toContain(number);
        expect(document.connectionStatus, doctor.shows).toBe(document.designatedBody === null ? 'No' : 'Yes');
        expect(document.isDiscrepancy, doctor.shows).toBe(document.designatedBody !== document.tcsDesignatedBody);
      }
    }
  });

  it('name the lists of every document, and of each exactly one of connected and disconnected', () => {
    for (const { shows, expected, inLists } of all) {
      expect(Object.keys(inLists).sort(), shows).toEqual(Object.keys(expected).sort());
      for (const [number, lists] of Object.entries(inLists)) {
        const status = expected[number]?.connectionStatus === 'Yes' ? 'connected' : 'disconnected';
        expect(lists.filter((list) => list.endsWith('connected'))).toEqual([status]);
        expect(lists.includes('recommendations'), shows).toBe(expected[number]?.existsInGmc);
      }
    }
  });

  it('state one name and one owner a programme', () => {
    const stated = new Map<string, string>();
    for (const { programmeNumber, programmeName, owner } of people.flatMap((person) => person.programmeMemberships)) {
      const said = `${programmeName} of ${owner}`;
      expect(stated.get(programmeNumber) ?? said).toBe(said);
      stated.set(programmeNumber, said);
    }
  });

  it('move with the day they are made for', () => {
    const later = goldenDoctors('2031-12-31');
    expect(later.map(({ shows }) => shows)).toEqual(doctors.map(({ shows }) => shows));
    expect(JSON.stringify(later)).not.toContain('2026-03-14');
  });
});
