import type { MasterDoctorDocument } from '@lockstep/contracts';
import { day } from '@lockstep/demo-data';
import { type GoldenGmcDoctor, gmcDoctor, gmcDocument, golden } from './golden-gmc-parts.js';
import {
  current,
  document,
  type GoldenList,
  type GoldenProgramme,
  membership,
  PROGRAMMES,
  person,
  placement,
} from './golden-parts.js';

const LEEDS_BODY = '1-1RSG4X0';
const KENT_BODY = '1-1RUZV1D';

/** The TIS part of somebody who is on one programme alone. */
function onProgramme(
  programme: GoldenProgramme,
  body: string,
  { start, end, type = 'SUBSTANTIVE' }: { start: string; end: string; type?: string },
): Partial<MasterDoctorDocument> {
  return {
    programmeName: programme.programmeName,
    membershipType: type,
    programmeOwner: programme.owner,
    tcsDesignatedBody: body,
    membershipStartDate: start,
    membershipEndDate: end,
    programmes: [current(programme, body, start, end, { membershipType: type })],
  };
}

/** Who owns which field, and when the two designated bodies disagree. */
export function ownersOfFields(asOf: string): GoldenGmcDoctor[] {
  const [start, end] = [day(asOf, -30), day(asOf, 335)];
  const inLeeds = onProgramme(PROGRAMMES.leeds, LEEDS_BODY, { start, end });
  const trainee = (personId: number, gmcNumber: string) =>
    person(personId, { gmcNumber, programmeMemberships: [membership(PROGRAMMES.leeds, start, end)] });
  return [
    golden({
      shows: 'the names are GMC’s and the programme is TIS’s; equal bodies are no discrepancy',
      people: [trainee(900_001_001, '9001001')],
      gmcDoctors: [gmcDoctor('9001001', { designatedBodyCode: LEEDS_BODY, sanction: 'Conditions' })],
      expected: {
        '9001001': gmcDocument(asOf, '9001001', {
          ...inLeeds,
          tcsPersonId: 900_001_001,
          designatedBody: LEEDS_BODY,
          sanction: 'Conditions',
          connectionStatus: 'Yes',
        }),
      },
      inLists: { '9001001': ['current', 'connected', 'recommendations'] },
    }),
    golden({
      shows: 'a name that GMC does not have is not taken from TIS, as GMC knows the doctor',
      people: [trainee(900_001_002, '9001002')],
      gmcDoctors: [gmcDoctor('9001002', { doctorFirstName: null, designatedBodyCode: LEEDS_BODY })],
      expected: {
        '9001002': gmcDocument(asOf, '9001002', {
          ...inLeeds,
          doctorFirstName: null,
          tcsPersonId: 900_001_002,
          designatedBody: LEEDS_BODY,
          connectionStatus: 'Yes',
        }),
      },
      inLists: { '9001002': ['current', 'connected', 'recommendations'] },
    }),
    golden({
      shows: 'two bodies that differ are a discrepancy',
      people: [trainee(900_001_003, '9001003')],
      gmcDoctors: [gmcDoctor('9001003', { designatedBodyCode: KENT_BODY })],
      expected: {
        '9001003': gmcDocument(asOf, '9001003', {
          ...inLeeds,
          tcsPersonId: 900_001_003,
          designatedBody: KENT_BODY,
          connectionStatus: 'Yes',
          isDiscrepancy: true,
        }),
      },
      inLists: { '9001003': ['current', 'connected', 'discrepancies', 'recommendations'] },
    }),
    golden({
      shows: 'a body of TIS alone is a discrepancy; the doctor is not connected',
      people: [trainee(900_001_004, '9001004')],
      gmcDoctors: [gmcDoctor('9001004')],
      expected: {
        '9001004': gmcDocument(asOf, '9001004', { ...inLeeds, tcsPersonId: 900_001_004, isDiscrepancy: true }),
      },
      inLists: { '9001004': ['current', 'disconnected', 'discrepancies', 'recommendations'] },
    }),
    golden({
      shows: 'a doctor whom only GMC knows is in the index; a body of GMC alone is a discrepancy',
      gmcDoctors: [gmcDoctor('9001005', { designatedBodyCode: '1-25U-830' })],
      expected: {
        '9001005': gmcDocument(asOf, '9001005', {
          designatedBody: '1-25U-830',
          connectionStatus: 'Yes',
          isDiscrepancy: true,
        }),
      },
      inLists: { '9001005': ['current', 'connected', 'discrepancies', 'recommendations'] },
    }),
    golden({
      shows: 'both bodies missing agree, and an empty code is a missing one',
      gmcDoctors: [gmcDoctor('9001006', { designatedBodyCode: '', underNotice: null, submissionDate: null })],
      expected: { '9001006': gmcDocument(asOf, '9001006', { underNotice: null, submissionDate: null }) },
      inLists: { '9001006': ['current', 'disconnected', 'recommendations'] },
    }),
    golden({
      shows: 'padded numbers of both sources are one number',
      people: [trainee(900_001_007, ' 9001007 ')],
      gmcDoctors: [gmcDoctor(' 9001007', { designatedBodyCode: ` ${LEEDS_BODY} ` })],
      expected: {
        '9001007': gmcDocument(asOf, '9001007', {
          ...inLeeds,
          tcsPersonId: 900_001_007,
          designatedBody: LEEDS_BODY,
          connectionStatus: 'Yes',
        }),
      },
      inLists: { '9001007': ['current', 'connected', 'recommendations'] },
    }),
  ];
}

/** Numbers that are claimed by several people, by nobody real, or by GMC no longer. */
export function sharedAndGone(asOf: string): GoldenGmcDoctor[] {
  const [start, end] = [day(asOf, -30), day(asOf, 335)];
  const inLeeds = onProgramme(PROGRAMMES.leeds, LEEDS_BODY, { start, end });
  const connected = { designatedBodyCode: LEEDS_BODY };
  const alone = { designatedBody: LEEDS_BODY, connectionStatus: 'Yes', isDiscrepancy: true } as const;
  const trainee = (personId: number, gmcNumber: string, change = {}) =>
    person(personId, { gmcNumber, programmeMemberships: [membership(PROGRAMMES.leeds, start, end)], ...change });
  return [
    golden({
      shows: 'a number that two people claim keeps what GMC says and takes nothing from TIS',
      people: [trainee(900_001_101, '9001101'), trainee(900_001_102, '9001101 ')],
      gmcDoctors: [gmcDoctor('9001101', connected)],
      expected: { '9001101': gmcDocument(asOf, '9001101', alone) },
      issues: [{ code: 'GMC_NUMBER_SHARED', severity: 'warning', key: '9001101', names: [900_001_101, 900_001_102] }],
      inLists: { '9001101': ['current', 'connected', 'discrepancies', 'recommendations'] },
    }),
    golden({
      shows: 'a dummy claims nothing: the doctor is as GMC alone knows',
      people: [trainee(900_001_103, '9001103', { role: 'Dummy Record' })],
      gmcDoctors: [gmcDoctor('9001103', connected)],
      expected: { '9001103': gmcDocument(asOf, '9001103', alone) },
      issues: [{ code: 'ROLE_DUMMY', severity: 'warning', key: '900001103' }],
      inLists: { '9001103': ['current', 'connected', 'discrepancies', 'recommendations'] },
    }),
    golden({
      shows:
        'who is no longer named for the body has left GMC: not connected, not current, names and dates as they were',
      people: [trainee(900_001_104, '9001104')],
      gmcDoctors: [gmcDoctor('9001104', { designatedBodyCode: '1-GOLDEN-A' })],
      snapshots: [{ designatedBodyCode: '1-GOLDEN-A', requestDateTime: '2026-01-02T01:00:00Z', doctors: [] }],
      expected: {
        '9001104': gmcDocument(asOf, '9001104', {
          ...inLeeds,
          tcsPersonId: 900_001_104,
          existsInGmc: false,
          isDiscrepancy: true,
        }),
      },
      inLists: { '9001104': ['disconnected', 'discrepancies'] },
    }),
    golden({
      shows:
        'a snapshot brings a doctor over from another body, and its successor of an earlier moment changes nothing',
      gmcDoctors: [gmcDoctor('9001105', connected)],
      snapshots: [
        {
          designatedBodyCode: '1-GOLDEN-B',
          requestDateTime: '2026-01-03T01:00:00Z',
          doctors: [gmcDoctor('9001105', { designatedBodyCode: '1-GOLDEN-B' })],
        },
        { designatedBodyCode: '1-GOLDEN-B', requestDateTime: '2026-01-02T01:00:00Z', doctors: [] },
      ],
      expected: { '9001105': gmcDocument(asOf, '9001105', { ...alone, designatedBody: '1-GOLDEN-B' }) },
      inLists: { '9001105': ['current', 'connected', 'discrepancies', 'recommendations'] },
    }),
    golden({
      shows: 'a GMC record that was deleted leaves the trainee, with TIS names',
      people: [trainee(900_001_106, '9001106')],
      gmcDoctors: [gmcDoctor('9001106', connected)],
      deletedGmcDoctors: ['9001106'],
      expected: { '9001106': document('9001106', 900_001_106, { ...inLeeds, isDiscrepancy: true }) },
      inLists: { '9001106': ['disconnected', 'discrepancies'] },
    }),
    golden({
      shows: 'a GMC record that was deleted leaves nothing where there is no trainee',
      gmcDoctors: [gmcDoctor('9001107', connected)],
      deletedGmcDoctors: ['9001107'],
      expected: {},
      inLists: {},
    }),
  ];
}

/** Whom lists leave out, and whom they point at. */
export function membershipTypesAndGrades(asOf: string): GoldenGmcDoctor[] {
  const [start, nextYear] = [day(asOf, -30), day(asOf, 335)];
  const listed = (
    shows: string,
    personId: number,
    gmcNumber: string,
    facts: { type?: string; grades?: string[]; body?: string; end?: string; lists: GoldenList[] },
  ): GoldenGmcDoctor => {
    const { type = 'SUBSTANTIVE', grades = [], body = LEEDS_BODY, end = nextYear, lists } = facts;
    return golden({
      shows,
      people: [
        person(personId, {
          gmcNumber,
          programmeMemberships: [membership(PROGRAMMES.leeds, start, end, { type })],
          placements: grades.map((grade) => placement(grade, start, end)),
        }),
      ],
      gmcDoctors: [gmcDoctor(gmcNumber, { designatedBodyCode: body })],
      expected: {
        [gmcNumber]: gmcDocument(asOf, gmcNumber, {
          ...onProgramme(PROGRAMMES.leeds, LEEDS_BODY, { start, end, type }),
          tcsPersonId: personId,
          placementGrades: grades,
          designatedBody: body,
          connectionStatus: 'Yes',
          isDiscrepancy: body !== LEEDS_BODY,
        }),
      },
      inLists: { [gmcNumber]: lists },
    });
  };
  return [
    listed('a visitor is an exception, however the word is written', 900_001_201, '9001201', {
      type: 'VISITOR',
      lists: ['current', 'connected', 'exceptions', 'recommendations'],
    }),
    listed('a military doctor is neither a current connection nor a discrepancy', 900_001_202, '9001202', {
      type: 'MILITARY',
      body: KENT_BODY,
      lists: ['connected', 'recommendations'],
    }),
    listed('nor is a foundation doctor of year 1, whatever other grade there is', 900_001_203, '9001203', {
      grades: ['279', '312'],
      body: KENT_BODY,
      lists: ['connected', 'recommendations'],
    }),
    listed('grade 2790 is another grade', 900_001_204, '9001204', {
      grades: ['2790'],
      body: KENT_BODY,
      lists: ['current', 'connected', 'discrepancies', 'recommendations'],
    }),
    listed('a membership that ends today has not expired', 900_001_205, '9001205', {
      end: asOf,
      lists: ['current', 'connected', 'recommendations'],
    }),
  ];
}
