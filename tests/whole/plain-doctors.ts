import { type PlainPerson, plainPeople } from '../revalidation/plain-people.js';

/** GMC's number of a plain person. */
export function numberOf(personId: number): string {
  return String(6_000_000 + personId);
}

/** A doctor as a PUT takes one, connected to a body of nobody's programme. */
export function plainDoctor(change: { doctorLastName?: string } = {}): object {
  return {
    doctorFirstName: 'Gwen',
    doctorLastName: 'General',
    submissionDate: '2030-06-01',
    dateAdded: '2021-08-04',
    underNotice: 'YES',
    designatedBodyCode: '1-WHOLE',
    ...change,
  };
}

/** The doctors that GMC knows of plain people, as lines of a bulk load. */
export function* plainDoctors(count: number, from = 1): Generator<object> {
  for (let personId = from; personId < from + count; personId++) {
    yield { gmcNumber: numberOf(personId), ...plainDoctor({ doctorLastName: `General ${personId}` }) };
  }
}

/** A plain person moved to a programme of this name, which nobody else is on. */
export function movedPerson(personId: number, programmeName: string): object {
  const [person] = plainPeople(1, { from: personId });
  const { personId: _, ...body } = person as PlainPerson;
  const membership = {
    programmeNumber: `MOVED-${personId}`,
    programmeName,
    owner: 'Wessex',
    type: 'SUBSTANTIVE',
    startDate: '2020-01-01',
    endDate: '2099-12-31',
    curricula: [],
  };
  return { ...body, programmeMemberships: [membership] };
}
