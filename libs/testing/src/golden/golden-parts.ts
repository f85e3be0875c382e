import type { CurrentProgrammeV1, MasterDoctorDocument } from '@lockstep/contracts';
import type { TraineeMembership, TraineePerson, TraineePlacement } from '@lockstep/demo-data';

/** A run's issue as a golden doctor expects it. */
export interface GoldenIssue {
  code: string;
  severity: 'warning' | 'error';
  /** Person id, or GMC number where an issue is about a number. */
  key: string;
  /** Person ids that the issue names beside its key. */
  names?: number[];
}

/** The lists over the index, by the names of their routes; `recommendations` is the list of doctors. */
export type GoldenList = 'current' | 'connected' | 'disconnected' | 'exceptions' | 'discrepancies' | 'recommendations';

/** Some people, and what the master index must hold of them after a rebuild on their day. */
export interface GoldenDoctor {
  /** The rule it shows, as a sentence. */
  shows: string;
  /** To be put in this order. */
  people: TraineePerson[];
  /** Person ids to delete after all were put. */
  deleted?: number[];
  /** Documents by GMC number; of the people's numbers no other document exists. */
  expected: Record<string, MasterDoctorDocument>;
  /** All issues about these people, each once. */
  issues: GoldenIssue[];
  /** The lists that show a document, asked for without conditions; by GMC number, of every document expected. */
  inLists: Record<string, GoldenList[]>;
}

/** A programme as memberships state it. */
export type GoldenProgramme = Pick<TraineeMembership, 'programmeNumber' | 'programmeName' | 'owner'>;

/** One number each, because name and owner belong to the number and the last statement of them wins. */
export const PROGRAMMES = {
  leeds: { programmeNumber: 'GOLD-YHD', programmeName: 'General Practice Leeds', owner: 'Yorkshire and the Humber' },
  kent: { programmeNumber: 'GOLD-KSS', programmeName: 'Core Surgery Kent', owner: 'Kent, Surrey and Sussex' },
  london: { programmeNumber: 'GOLD-LON', programmeName: 'Anaesthetics London', owner: 'London LETBs' },
  belfast: {
    programmeNumber: 'GOLD-NI',
    programmeName: 'Paediatrics Belfast',
    owner: 'Northern Ireland Medical and Dental Training Agency',
  },
  douglas: { programmeNumber: 'GOLD-IOM', programmeName: 'Island Medicine Douglas', owner: 'Isle of Man' },
  nobodys: { programmeNumber: 'GOLD-NONE', programmeName: 'Programme of nobody', owner: null },
  unnamed: { programmeNumber: 'GOLD-NONAME', programmeName: null, owner: 'Wessex' },
} as const satisfies Record<string, GoldenProgramme>;

/** A person without programmes or placements, changed as told. */
export function person(personId: number, change: Partial<Omit<TraineePerson, 'personId'>>): TraineePerson {
  return {
    personId,
    forenames: 'Gilda',
    surname: 'Golden',
    gmcNumber: null,
    role: 'DR in Training',
    programmeMemberships: [],
    placements: [],
    ...change,
  };
}

/** A membership of a programme from a day to a day. */
export function membership(
  programme: GoldenProgramme,
  startDate: string | null,
  endDate: string | null,
  change: Partial<Pick<TraineeMembership, 'type' | 'curricula'>> = {},
): TraineeMembership {
  return { ...programme, type: 'SUBSTANTIVE', startDate, endDate, curricula: [], ...change };
}

/** A placement from a day to a day. */
export function placement(gradeId: string, dateFrom: string | null, dateTo: string | null): TraineePlacement {
  return { gradeId, grade: `Grade ${gradeId}`, dateFrom, dateTo };
}

/** The document of a doctor whom GMC does not know and who is on no programme, changed as told. */
export function document(
  gmcNumber: string,
  tcsPersonId: number,
  change: Partial<MasterDoctorDocument> = {},
): MasterDoctorDocument {
  return {
    gmcReferenceNumber: gmcNumber,
    doctorFirstName: 'Gilda',
    doctorLastName: 'Golden',
    submissionDate: null,
    dateAdded: null,
    lastUpdatedDate: null,
    designatedBody: null,
    underNotice: null,
    sanction: null,
    existsInGmc: false,
    gmcStatus: null,
    tisStatus: null,
    admin: null,
    tcsPersonId,
    programmeName: null,
    membershipType: null,
    tcsDesignatedBody: null,
    programmeOwner: null,
    placementGrades: [],
    curriculumEndDate: null,
    membershipStartDate: null,
    membershipEndDate: null,
    programmes: [],
    connectionStatus: 'No',
    isDiscrepancy: false,
    ...change,
  };
}

/** An element of a document's `programmes`. */
export function current(
  programme: GoldenProgramme,
  designatedBody: string | null,
  startDate: string,
  endDate: string,
  change: Partial<Pick<CurrentProgrammeV1, 'membershipType' | 'curriculumEndDate'>> = {},
): CurrentProgrammeV1 {
  return {
    programmeNumber: programme.programmeNumber,
    programmeName: programme.programmeName,
    programmeOwner: programme.owner,
    designatedBody,
    membershipType: 'SUBSTANTIVE',
    startDate,
    endDate,
    curriculumEndDate: null,
    ...change,
  };
}
