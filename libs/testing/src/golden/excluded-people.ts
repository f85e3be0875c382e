import { document, type GoldenDoctor, person } from './golden-parts.js';

const NBSP = '\u00a0';

/** A person who is left out, and the one warning that says why. */
function leftOut(shows: string, personId: number, gmcNumber: string | null, code: string, role?: string): GoldenDoctor {
  return {
    shows,
    people: [person(personId, { gmcNumber, ...(role === undefined ? {} : { role }) })],
    expected: {},
    issues: [{ code, severity: 'warning', key: String(personId) }],
    inLists: {},
  };
}

/** Who is left out, and why; and who is not although it looks like it. */
export function excludedPeople(): GoldenDoctor[] {
  return [
    leftOut('nobody without a GMC number', 900_000_101, null, 'GMC_NUMBER_MISSING'),
    leftOut('nobody with an empty one', 900_000_102, '', 'GMC_NUMBER_MISSING'),
    leftOut('nobody with a blank one', 900_000_103, '   ', 'GMC_NUMBER_MISSING'),
    leftOut('nobody whose number is "unknown"', 900_000_104, 'unknown', 'GMC_NUMBER_UNKNOWN'),
    leftOut('in capitals and padded too', 900_000_105, ' UNKNOWN ', 'GMC_NUMBER_UNKNOWN'),
    leftOut('nobody whose number is "na"', 900_000_106, 'NA', 'GMC_NUMBER_NOT_APPLICABLE'),
    leftOut('nobody whose number is "n/a"', 900_000_107, 'n/a', 'GMC_NUMBER_NOT_APPLICABLE'),
    leftOut(
      'nobody with a non-breaking space within the number',
      900_000_108,
      `90001${NBSP}08`,
      'GMC_NUMBER_NON_BREAKING_SPACE',
    ),
    leftOut('or at its end', 900_000_109, `9000109${NBSP}`, 'GMC_NUMBER_NON_BREAKING_SPACE'),
    leftOut('no dummy, whatever its number', 900_000_110, '9000110', 'ROLE_DUMMY', 'Dummy Record'),
    leftOut(
      'no placeholder, whatever the case and among other roles; the role is named, not the number that is wrong as well',
      900_000_111,
      'unknown',
      'ROLE_DUMMY',
      'DR in Training, PLACEHOLDER',
    ),
    {
      shows: 'a padded number is trimmed and is the id of the document',
      people: [person(900_000_112, { gmcNumber: '  9000112 ' })],
      expected: { '9000112': document('9000112', 900_000_112) },
      issues: [],
      inLists: { '9000112': ['disconnected'] },
    },
    {
      shows: 'a person who was deleted has no document and is no warning',
      people: [person(900_000_113, { gmcNumber: '9000113' })],
      deleted: [900_000_113],
      expected: {},
      issues: [],
      inLists: {},
    },
    {
      shows: 'a person without a role is an ordinary person',
      people: [person(900_000_114, { gmcNumber: '9000114', role: null })],
      expected: { '9000114': document('9000114', 900_000_114) },
      issues: [],
      inLists: { '9000114': ['disconnected'] },
    },
  ];
}

/** Numbers that several people claim. */
export function sharedNumbers(): GoldenDoctor[] {
  return [
    {
      shows: 'a number that two people claim belongs to neither; without a GMC record there is no document',
      people: [
        person(900_000_201, { gmcNumber: '9000201', forenames: 'Castor' }),
        person(900_000_202, { gmcNumber: ' 9000201', forenames: 'Pollux' }),
      ],
      expected: {},
      issues: [{ code: 'GMC_NUMBER_SHARED', severity: 'warning', key: '9000201', names: [900_000_201, 900_000_202] }],
      inLists: {},
    },
    {
      shows: 'a deleted person and a dummy claim nothing, so the number belongs to the one who is left',
      people: [
        person(900_000_203, { gmcNumber: '9000203', forenames: 'Solo' }),
        person(900_000_204, { gmcNumber: '9000203', forenames: 'Gone' }),
        person(900_000_205, { gmcNumber: '9000203', forenames: 'Test', role: 'Dummy' }),
      ],
      deleted: [900_000_204],
      expected: { '9000203': document('9000203', 900_000_203, { doctorFirstName: 'Solo' }) },
      issues: [{ code: 'ROLE_DUMMY', severity: 'warning', key: '900000205' }],
      inLists: { '9000203': ['disconnected'] },
    },
    {
      shows: 'a placeholder beside two claimants is not named among them',
      people: [
        person(900_000_206, { gmcNumber: '9000206' }),
        person(900_000_207, { gmcNumber: '9000206' }),
        person(900_000_208, { gmcNumber: '9000206', role: 'placeholder' }),
      ],
      expected: {},
      issues: [
        { code: 'GMC_NUMBER_SHARED', severity: 'warning', key: '9000206', names: [900_000_206, 900_000_207] },
        { code: 'ROLE_DUMMY', severity: 'warning', key: '900000208' },
      ],
      inLists: {},
    },
  ];
}
