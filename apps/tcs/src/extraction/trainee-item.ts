import { type CurrentProgrammeV1, designatedBodyOf, type TraineeItemV1, type TraineeV1 } from '@lockstep/contracts';
import { isCurrent, orderCurrentProgrammes } from '../people/current-programmes.js';
import { decideExclusion } from '../people/exclusion.js';

/** A programme membership as the database reads it for the extraction. */
export interface MembershipRow {
  id: number;
  programmeNumber: string;
  programmeName: string | null;
  owner: string | null;
  type: string | null;
  startDate: string | null;
  endDate: string | null;
  /** Latest end of its curricula. */
  curriculumEndDate: string | null;
}

/** A person with everything that an item is made of; past and future memberships and placements included. */
export interface PersonRow {
  id: number;
  version: number;
  deleted: boolean;
  forenames: string | null;
  surname: string | null;
  role: string | null;
  gmcNumber: string | null;
  memberships: MembershipRow[];
  placements: { gradeId: string; dateFrom: string | null; dateTo: string | null }[];
}

/** The item of a person as of a day. Tombstones and excluded people travel too, so that what was sent before is emptied. */
export function toTraineeItem(person: PersonRow, asOf: string): TraineeItemV1 {
  const head = { key: String(person.id), version: person.version };
  if (person.deleted) return { ...head, deleted: true, excluded: null, enteredGmcNumber: null, trainee: null };
  const excluded = decideExclusion(person);
  return {
    ...head,
    deleted: false,
    excluded,
    enteredGmcNumber: person.gmcNumber,
    trainee: excluded === null ? toTrainee(person, asOf) : null,
  };
}

function toTrainee(person: PersonRow, asOf: string): TraineeV1 {
  const current = person.memberships.filter(({ startDate, endDate }) =>
    isCurrent({ start: startDate, end: endDate }, asOf),
  );
  const programmes = orderCurrentProgrammes(current).map(toCurrentProgramme);
  // Two current programmes may belong to two bodies; no one of them speaks for the doctor, so only the names are joined.
  const only = programmes.length === 1 ? programmes[0] : undefined;
  return {
    tcsPersonId: person.id,
    gmcReferenceNumber: person.gmcNumber?.trim() ?? '',
    doctorFirstName: person.forenames,
    doctorLastName: person.surname,
    programmeName: joinNames(programmes),
    membershipType: only?.membershipType ?? null,
    programmeOwner: only?.programmeOwner ?? null,
    tcsDesignatedBody: only?.designatedBody ?? null,
    membershipStartDate: only?.startDate ?? null,
    membershipEndDate: only?.endDate ?? null,
    curriculumEndDate: only?.curriculumEndDate ?? null,
    placementGrades: currentGrades(person, asOf),
    programmes,
  };
}

function toCurrentProgramme(membership: MembershipRow): CurrentProgrammeV1 {
  return {
    programmeNumber: membership.programmeNumber,
    programmeName: membership.programmeName,
    programmeOwner: membership.owner,
    designatedBody: designatedBodyOf(membership.owner),
    membershipType: membership.type,
    startDate: membership.startDate,
    endDate: membership.endDate,
    curriculumEndDate: membership.curriculumEndDate,
  };
}

function joinNames(programmes: CurrentProgrammeV1[]): string | null {
  const names = programmes.map((programme) => programme.programmeName).filter((name) => name !== null);
  return names.length > 0 ? names.join(' | ') : null;
}

/** Whole ids, so that 279 never matches 2790. */
function currentGrades(person: PersonRow, asOf: string): string[] {
  const current = person.placements.filter(({ dateFrom, dateTo }) => isCurrent({ start: dateFrom, end: dateTo }, asOf));
  return [...new Set(current.map((placement) => placement.gradeId))].sort();
}
