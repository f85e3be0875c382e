import { generatePeople } from '@lockstep/demo-data';
import type { NdjsonLine } from '@lockstep/service';
import { goldenDoctors } from '@lockstep/testing';
import { describe, expect, it } from 'vitest';
import { loadPeople } from './bulk-load.js';
import type { PersonRecord } from './person-record.js';

async function* linesOf(values: readonly unknown[]): AsyncGenerator<NdjsonLine> {
  for (const [index, value] of values.entries()) yield { line: index + 1, value };
}

/** Saves as a database would that knows the people named. */
function saverFor(known: number[] = []) {
  const chunks: PersonRecord[][] = [];
  const save = async (people: PersonRecord[]) => {
    chunks.push(people);
    const ids = people.map(({ id }) => id);
    return {
      created: new Set(ids.filter((id) => !known.includes(id))),
      updated: new Set(ids.filter((id) => known.includes(id) && id % 2 === 0)),
    };
  };
  return { chunks, save };
}

/** The people that one line was read as. */
async function recordsOf(value: object): Promise<PersonRecord[]> {
  const { save, chunks } = saverFor();
  await loadPeople(linesOf([value]), save);
  return chunks.flat();
}

const someone = (personId: number, surname = 'Somebody') => ({ personId, surname });

describe('a bulk load', () => {
  it('counts each line once, so that the counts add up', async () => {
    const lines = linesOf([someone(1), someone(2), someone(3), { personId: 4 }, someone(5)]);
    const { save } = saverFor([2, 3]);
    expect(await loadPeople(lines, save)).toMatchObject({
      received: 5,
      created: 2,
      updated: 1,
      unchanged: 1,
      rejected: 1,
    });
  });

  it('names a broken line and what is wrong in it, and takes its neighbours', async () => {
    const { save, chunks } = saverFor();
    const bad = {
      personId: 2,
      surname: 'B',
      programmeMemberships: [{ programmeNumber: 'P', startDate: '2026-02-30' }],
    };
    const answer = await loadPeople(linesOf([someone(1), bad, someone(3)]), save);
    expect(answer.errors).toEqual([
      {
        line: 2,
        code: 'VALIDATION_FAILED',
        message: expect.stringContaining('startDate must be a calendar date'),
        errors: [{ path: 'programmeMemberships.0.startDate', message: expect.stringContaining('calendar date') }],
      },
    ]);
    expect(chunks.flat().map(({ id }) => id)).toEqual([1, 3]);
  });

  it('hands over the reason of a line that nobody can read', async () => {
    const unreadable = (async function* () {
      yield { line: 7, error: 'not valid JSON' };
    })();
    const { errors } = await loadPeople(unreadable, saverFor().save);
    expect(errors).toEqual([{ line: 7, code: 'LINE_UNREADABLE', message: 'not valid JSON' }]);
  });

  it('lets the last of several lines of a person win', async () => {
    const { save, chunks } = saverFor();
    const answer = await loadPeople(linesOf([someone(1, 'First'), someone(1, 'Second')]), save);
    expect(chunks.flat().map(({ surname }) => surname)).toEqual(['Second']);
    expect(answer).toMatchObject({ received: 2, created: 1, updated: 1 });
  });

  it('saves in chunks, in order, one at a time', async () => {
    let running = 0;
    const sizes: number[] = [];
    const save = async (people: PersonRecord[]) => {
      expect(++running).toBe(1);
      await new Promise(setImmediate);
      sizes.push(people.length);
      running--;
      return { created: new Set<number>(), updated: new Set<number>() };
    };
    await loadPeople(linesOf(Array.from({ length: 1_201 }, (_, index) => someone(index + 1))), save);
    expect(sizes).toEqual([500, 500, 201]);
  });

  it('names a thousand broken lines and counts the others', async () => {
    const answer = await loadPeople(linesOf(Array(1_500).fill(null)), saverFor().save);
    expect(answer).toMatchObject({ received: 1_500, rejected: 1_500, errorsTruncated: true });
    expect(answer.errors).toHaveLength(1_000);
  });

  it('fails when a chunk cannot be saved', async () => {
    const people = linesOf(Array.from({ length: 1_100 }, (_, index) => someone(index + 1)));
    await expect(loadPeople(people, () => Promise.reject(new Error('no database')))).rejects.toThrow('no database');
  });
});

describe('a line', () => {
  it.each<[string, object]>([
    ['without a surname', { personId: 1 }],
    ['with an empty surname', { ...someone(1), surname: '' }],
    ['with a surname that is too long', { ...someone(1), surname: 'x'.repeat(201) }],
    ['without a person id', { surname: 'A' }],
    ['with a person id that is text', { ...someone(1), personId: '1' }],
    ['with a person id below 1', someone(0)],
    ['with a person id that no number can hold', someone(2 ** 53)],
    ['with an unknown field', { ...someone(1), shoeSize: 43 }],
    ['with the character NUL', { ...someone(1), surname: 'a\0b' }],
    ['with half of a surrogate pair', { ...someone(1), surname: 'a\ud800b' }],
    ['with a day in the year 0', { ...someone(1), placements: [{ gradeId: '1', dateFrom: '0000-01-01' }] }],
    ['with a grade id that is an object', { ...someone(1), placements: [{ gradeId: {} }] }],
    ['with a grade id that is no whole number', { ...someone(1), placements: [{ gradeId: 1.5 }] }],
    [
      'with more memberships than anybody has',
      { ...someone(1), programmeMemberships: Array(101).fill({ programmeNumber: 'P' }) },
    ],
    ['with a membership of no programme', { ...someone(1), programmeMemberships: [{}] }],
  ])('%s is refused', async (_, value) => {
    const { errors } = await loadPeople(linesOf([value]), saverFor().save);
    expect(errors.map(({ code }) => code)).toEqual(['VALIDATION_FAILED']);
  });

  it('may leave out or null everything but id and surname', async () => {
    const nulls = { forenames: null, gmcNumber: null, role: null, programmeMemberships: null, placements: null };
    const { programmeMemberships: _, ...kept } = nulls;
    const expected = { ...kept, id: 1, surname: 'Somebody', memberships: [], placements: [] };
    expect(await recordsOf(someone(1))).toEqual([expected]);
    expect(await recordsOf({ ...someone(1), ...nulls })).toEqual([expected]);
  });

  it('may name a grade by a number or by text', async () => {
    for (const gradeId of [279, '279']) {
      const [person] = await recordsOf({ ...someone(1), placements: [{ gradeId }] });
      expect(person?.placements[0]?.gradeId).toBe('279');
    }
  });

  it('of a golden doctor or a generated person is taken', async () => {
    const golden = goldenDoctors('2026-03-14').flatMap((doctor) => doctor.people);
    const generated = [...generatePeople({ count: 5_000, seed: 1, asOf: '2026-03-14' })];
    expect(await loadPeople(linesOf([...golden, ...generated]), saverFor().save)).toMatchObject({
      rejected: 0,
      errors: [],
    });
  });
});
