import type { GmcDoctorV1, MasterDoctorDocument, TraineeV1 } from '@lockstep/contracts';

/** Everything known under one GMC number. */
export interface DoctorParts {
  gmcNumber: string;
  /** People of the trainee source who claim the number, neither deleted nor excluded. */
  claimants: TraineeV1[];
  gmc: GmcDoctorV1 | null;
}

export interface MergedDoctor {
  /** Null: the number has nothing to show, its document is a tombstone. */
  document: MasterDoctorDocument | null;
  /** Person ids, ascending, when more than one claims the number: then none of them is taken. */
  sharedBy: number[];
}

/**
 * Merges the parts of one GMC number by ownership of fields.
 *
 * GMC owns identity and revalidation fields, TIS the programme part; TIS names fill in only where GMC has no record.
 * A number that several people claim takes no TIS fields at all: taking one of them would show a stranger's programme.
 */
export function toMasterDoctor({ gmcNumber, claimants, gmc }: DoctorParts): MergedDoctor {
  const sharedBy = claimants.length > 1 ? claimants.map((claimant) => claimant.tcsPersonId).sort((a, b) => a - b) : [];
  const tis = claimants.length === 1 ? (claimants[0] as TraineeV1) : null;
  if (!tis && !gmc) return { document: null, sharedBy };
  const names = gmc ?? tis;
  const designatedBody = gmc?.designatedBody || null;
  const tcsDesignatedBody = tis?.tcsDesignatedBody ?? null;
  const document: MasterDoctorDocument = {
    gmcReferenceNumber: gmcNumber,
    doctorFirstName: names?.doctorFirstName ?? null,
    doctorLastName: names?.doctorLastName ?? null,
    submissionDate: gmc?.submissionDate ?? null,
    dateAdded: gmc?.dateAdded ?? null,
    lastUpdatedDate: gmc?.lastUpdatedDate ?? null,
    designatedBody,
    underNotice: gmc?.underNotice ?? null,
    sanction: gmc?.sanction ?? null,
    existsInGmc: gmc?.existsInGmc ?? false,
    gmcStatus: gmc?.gmcStatus ?? null,
    tisStatus: gmc?.tisStatus ?? null,
    admin: gmc?.admin ?? null,
    tcsPersonId: tis?.tcsPersonId ?? null,
    programmeName: tis?.programmeName ?? null,
    membershipType: tis?.membershipType ?? null,
    tcsDesignatedBody,
    programmeOwner: tis?.programmeOwner ?? null,
    placementGrades: tis?.placementGrades ?? [],
    curriculumEndDate: tis?.curriculumEndDate ?? null,
    membershipStartDate: tis?.membershipStartDate ?? null,
    membershipEndDate: tis?.membershipEndDate ?? null,
    programmes: tis?.programmes ?? [],
    connectionStatus: designatedBody ? 'Yes' : 'No',
    isDiscrepancy: designatedBody !== tcsDesignatedBody,
  };
  return { document, sharedBy };
}
