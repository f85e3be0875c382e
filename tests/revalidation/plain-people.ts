/** A person as PUT and bulk take it. */
export interface PlainPerson {
  personId: number;
  forenames: string;
  surname: string;
  gmcNumber: string;
  programmeMemberships: object[];
  placements: object[];
}

const OWNERS = [
  'Wessex',
  'North West',
  'East Midlands',
  'Northern Ireland Medical and Dental Training Agency',
  'Elsewhere',
];

/**
 * People who all belong in the index, one document each, so that a test can count on their number. Only ids and names
 * differ; the GMC number follows from the id.
 */
export function* plainPeople(count: number, options: { from?: number; surname?: string } = {}): Generator<PlainPerson> {
  const { from = 1, surname = 'Plain' } = options;
  for (let personId = from; personId < from + count; personId++) {
    yield {
      personId,
      forenames: 'Ade',
      surname: `${surname} ${personId}`,
      gmcNumber: String(6_000_000 + personId),
      programmeMemberships: [
        {
          programmeNumber: `P${personId % 50}`,
          programmeName: `Programme ${personId % 50}`,
          owner: OWNERS[(personId % 50) % OWNERS.length],
          type: 'SUBSTANTIVE',
          startDate: '2020-01-01',
          endDate: '2099-12-31',
          curricula: [{ name: 'Core', endDate: '2098-12-31' }],
        },
      ],
      placements: [{ gradeId: String(personId % 7), grade: 'Grade', dateFrom: '2020-01-01', dateTo: '2099-12-31' }],
    };
  }
}
