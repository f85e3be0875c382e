import { day } from '@lockstep/demo-data';
import { document, type GoldenDoctor, person, placement } from './golden-parts.js';

/** Grades of current placements, as whole ids. */
export function placementGrades(asOf: string): GoldenDoctor[] {
  const [past, future] = [day(asOf, -60), day(asOf, 120)];
  const graded = (
    shows: string,
    personId: number,
    gmcNumber: string,
    placements: ReturnType<typeof placement>[],
    grades: string[],
  ): GoldenDoctor => ({
    shows,
    people: [person(personId, { gmcNumber, placements })],
    expected: { [gmcNumber]: document(gmcNumber, personId, { placementGrades: grades }) },
    issues: [],
    inLists: { [gmcNumber]: ['disconnected'] },
  });
  return [
    graded(
      'grades are whole ids in ascending order: 279 is not 2790',
      900_000_701,
      '9000701',
      [placement('312', past, future), placement('2790', past, future), placement('279', past, future)],
      ['279', '2790', '312'],
    ),
    graded(
      'the same grade twice is there once',
      900_000_702,
      '9000702',
      [placement('312', past, asOf), placement('312', asOf, future)],
      ['312'],
    ),
    graded(
      'a placement counts on its first and last day, not before, after or without an end',
      900_000_703,
      '9000703',
      [
        placement('1', past, asOf),
        placement('2', asOf, future),
        placement('3', past, day(asOf, -1)),
        placement('4', day(asOf, 1), future),
        placement('5', past, null),
        placement('6', null, future),
      ],
      ['1', '2'],
    ),
  ];
}

/** Names arrive as they were entered, whatever they are made of. */
export function names(): GoldenDoctor[] {
  const named = (
    shows: string,
    personId: number,
    gmcNumber: string,
    first: string | null,
    last: string,
  ): GoldenDoctor => ({
    shows,
    people: [person(personId, { gmcNumber, forenames: first, surname: last })],
    expected: { [gmcNumber]: document(gmcNumber, personId, { doctorFirstName: first, doctorLastName: last }) },
    issues: [],
    inLists: { [gmcNumber]: ['disconnected'] },
  });
  return [
    named('an apostrophe', 900_000_801, '9000801', 'Aoife', "O'Brien"),
    named('accents, and letters beyond Latin', 900_000_802, '9000802', 'Zoë Renée', 'Nuñez-Łukasiewicz 山田'),
    named('no forename', 900_000_803, '9000803', null, 'Plato'),
    named('names of 200 letters', 900_000_804, '9000804', 'Wolfe'.repeat(40), 'Schlegelst'.repeat(20)),
    named('quotes, a backslash, a tab and a brace', 900_000_805, '9000805', 'Ann "Nan" {x}', 'Back\\slash\tTab'),
  ];
}
