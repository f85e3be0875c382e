import { day } from '@lockstep/demo-data';
import {
  current,
  document,
  type GoldenDoctor,
  type GoldenList,
  type GoldenProgramme,
  membership,
  PROGRAMMES,
  person,
} from './golden-parts.js';

const { leeds, kent, london, belfast, douglas, nobodys, unnamed } = PROGRAMMES;

/** When a membership counts: both ends inclusive, none missing. */
export function membershipDates(asOf: string): GoldenDoctor[] {
  const [yesterday, today, tomorrow] = [day(asOf, -1), asOf, day(asOf, 1)];
  const [past, future] = [day(asOf, -400), day(asOf, 500)];

  const onLeeds = (shows: string, personId: number, gmcNumber: string, start: string, end: string): GoldenDoctor => ({
    shows,
    people: [person(personId, { gmcNumber, programmeMemberships: [membership(leeds, start, end)] })],
    expected: {
      [gmcNumber]: document(gmcNumber, personId, {
        programmeName: 'General Practice Leeds',
        membershipType: 'SUBSTANTIVE',
        programmeOwner: 'Yorkshire and the Humber',
        tcsDesignatedBody: '1-1RSG4X0',
        membershipStartDate: start,
        membershipEndDate: end,
        programmes: [current(leeds, '1-1RSG4X0', start, end)],
        isDiscrepancy: true,
      }),
    },
    issues: [],
    inLists: { [gmcNumber]: ['disconnected', 'discrepancies'] },
  });
  const onNothing = (
    shows: string,
    personId: number,
    gmcNumber: string,
    start: string | null,
    end: string | null,
  ): GoldenDoctor => ({
    shows,
    people: [person(personId, { gmcNumber, programmeMemberships: [membership(leeds, start, end)] })],
    expected: { [gmcNumber]: document(gmcNumber, personId) },
    issues: [],
    inLists: { [gmcNumber]: ['disconnected'] },
  });

  return [
    onLeeds('a membership counts between its days', 900_000_301, '9000301', past, future),
    onLeeds('on its first day', 900_000_302, '9000302', today, future),
    onLeeds('on its last day', 900_000_303, '9000303', past, today),
    onNothing('not on the day after its last', 900_000_304, '9000304', past, yesterday),
    onNothing('not on the day before its first', 900_000_305, '9000305', tomorrow, future),
    onNothing('not without a start', 900_000_306, '9000306', null, future),
    onNothing('not without an end', 900_000_307, '9000307', past, null),
    {
      shows: 'a past membership beside a current one does not count, not even in the names',
      people: [
        person(900_000_308, {
          gmcNumber: '9000308',
          programmeMemberships: [membership(kent, day(asOf, -900), yesterday), membership(leeds, today, future)],
        }),
      ],
      expected: {
        '9000308': document('9000308', 900_000_308, {
          programmeName: 'General Practice Leeds',
          membershipType: 'SUBSTANTIVE',
          programmeOwner: 'Yorkshire and the Humber',
          tcsDesignatedBody: '1-1RSG4X0',
          membershipStartDate: today,
          membershipEndDate: future,
          programmes: [current(leeds, '1-1RSG4X0', today, future)],
          isDiscrepancy: true,
        }),
      },
      issues: [],
      inLists: { '9000308': ['disconnected', 'discrepancies'] },
    },
    {
      shows: 'a doctor on no programme is in the index all the same',
      people: [person(900_000_309, { gmcNumber: '9000309' })],
      expected: { '9000309': document('9000309', 900_000_309) },
      issues: [],
      inLists: { '9000309': ['disconnected'] },
    },
  ];
}

/** The end of the curriculum is a date of its own. */
export function curriculumDates(asOf: string): GoldenDoctor[] {
  const [past, future] = [day(asOf, -400), day(asOf, 500)];
  const [sooner, later] = [day(asOf, 100), day(asOf, 300)];
  const onLeeds = (
    shows: string,
    personId: number,
    gmcNumber: string,
    curricula: { name: string; endDate: string | null }[],
    curriculumEndDate: string | null,
  ): GoldenDoctor => ({
    shows,
    people: [person(personId, { gmcNumber, programmeMemberships: [membership(leeds, past, future, { curricula })] })],
    expected: {
      [gmcNumber]: document(gmcNumber, personId, {
        programmeName: 'General Practice Leeds',
        membershipType: 'SUBSTANTIVE',
        programmeOwner: 'Yorkshire and the Humber',
        tcsDesignatedBody: '1-1RSG4X0',
        membershipStartDate: past,
        membershipEndDate: future,
        curriculumEndDate,
        programmes: [current(leeds, '1-1RSG4X0', past, future, { curriculumEndDate })],
        isDiscrepancy: true,
      }),
    },
    issues: [],
    inLists: { [gmcNumber]: ['disconnected', 'discrepancies'] },
  });
  return [
    onLeeds(
      'a missing end of the curriculum leaves the dates of the membership',
      900_000_401,
      '9000401',
      [{ name: 'General Practice', endDate: null }],
      null,
    ),
    onLeeds(
      'of several curricula the latest end counts; one without an end does not hide it',
      900_000_402,
      '9000402',
      [
        { name: 'General Practice', endDate: sooner },
        { name: 'Emergency Medicine', endDate: later },
        { name: 'Acute Medicine', endDate: null },
      ],
      later,
    ),
  ];
}

/** Several current programmes: all names, primary first, and nothing that only one of them could say. */
export function severalProgrammes(asOf: string): GoldenDoctor[] {
  const [start, later] = [day(asOf, -400), day(asOf, -100)];
  const [soon, far] = [day(asOf, 200), day(asOf, 900)];
  return [
    {
      shows:
        'two current programmes are joined, the one that ends last first; owner, type, dates and body are nobody’s',
      people: [
        person(900_000_501, {
          gmcNumber: '9000501',
          programmeMemberships: [
            membership(leeds, start, soon),
            membership(kent, start, far, { curricula: [{ name: 'Core Surgery', endDate: soon }] }),
          ],
        }),
      ],
      expected: {
        '9000501': document('9000501', 900_000_501, {
          programmeName: 'Core Surgery Kent | General Practice Leeds',
          programmes: [
            current(kent, '1-1RUZV1D', start, far, { curriculumEndDate: soon }),
            current(leeds, '1-1RSG4X0', start, soon),
          ],
        }),
      },
      issues: [],
      inLists: { '9000501': ['disconnected'] },
    },
    {
      shows: 'of equal ends the latest start comes first, of equal dates the membership that was entered first',
      people: [
        person(900_000_502, {
          gmcNumber: '9000502',
          programmeMemberships: [
            membership(belfast, start, far),
            membership(leeds, start, far),
            membership(kent, later, far),
          ],
        }),
      ],
      expected: {
        '9000502': document('9000502', 900_000_502, {
          programmeName: 'Core Surgery Kent | Paediatrics Belfast | General Practice Leeds',
          programmes: [
            current(kent, '1-1RUZV1D', later, far),
            current(belfast, '1-25U-830', start, far),
            current(leeds, '1-1RSG4X0', start, far),
          ],
        }),
      },
      issues: [],
      inLists: { '9000502': ['disconnected'] },
    },
    {
      shows: 'a programme without a name is left out of the names, but listed and counted',
      people: [
        person(900_000_503, {
          gmcNumber: '9000503',
          programmeMemberships: [membership(unnamed, start, far), membership(leeds, start, soon)],
        }),
      ],
      expected: {
        '9000503': document('9000503', 900_000_503, {
          programmeName: 'General Practice Leeds',
          programmes: [current(unnamed, '1-1RUZUSF', start, far), current(leeds, '1-1RSG4X0', start, soon)],
        }),
      },
      issues: [],
      inLists: { '9000503': ['disconnected'] },
    },
  ];
}

interface OnlyProgramme {
  programme: GoldenProgramme;
  body: string | null;
  type?: string;
  lists: GoldenList[];
}

/** Owner to designated body, and types of membership. */
export function ownersAndTypes(asOf: string): GoldenDoctor[] {
  const [start, end] = [day(asOf, -30), day(asOf, 335)];
  const only = (
    shows: string,
    personId: number,
    gmcNumber: string,
    { programme, body, type = 'SUBSTANTIVE', lists }: OnlyProgramme,
  ): GoldenDoctor => ({
    shows,
    people: [person(personId, { gmcNumber, programmeMemberships: [membership(programme, start, end, { type })] })],
    expected: {
      [gmcNumber]: document(gmcNumber, personId, {
        programmeName: programme.programmeName,
        membershipType: type,
        programmeOwner: programme.owner,
        tcsDesignatedBody: body,
        membershipStartDate: start,
        membershipEndDate: end,
        programmes: [current(programme, body, start, end, { membershipType: type })],
        isDiscrepancy: body !== null,
      }),
    },
    issues: [],
    inLists: { [gmcNumber]: lists },
  });
  return [
    only('Kent, Surrey and Sussex is one owner, commas and all', 900_000_601, '9000601', {
      programme: kent,
      body: '1-1RUZV1D',
      lists: ['disconnected', 'discrepancies'],
    }),
    only('London LETBs share its body', 900_000_602, '9000602', {
      programme: london,
      body: '1-1RUZV1D',
      lists: ['disconnected', 'discrepancies'],
    }),
    only('a code may have several hyphens', 900_000_603, '9000603', {
      programme: belfast,
      body: '1-25U-830',
      lists: ['disconnected', 'discrepancies'],
    }),
    only('an owner nobody knows has no body', 900_000_604, '9000604', {
      programme: douglas,
      body: null,
      lists: ['disconnected'],
    }),
    only('no owner has no body', 900_000_605, '9000605', { programme: nobodys, body: null, lists: ['disconnected'] }),
    only('military doctors are in the index', 900_000_606, '9000606', {
      programme: leeds,
      body: '1-1RSG4X0',
      type: 'MILITARY',
      lists: ['disconnected'],
    }),
    only('and so are visitors', 900_000_607, '9000607', {
      programme: leeds,
      body: '1-1RSG4X0',
      type: 'Visitor',
      lists: ['disconnected', 'exceptions', 'discrepancies'],
    }),
  ];
}
