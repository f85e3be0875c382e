import type { MasterDoctorDocument } from '@lockstep/contracts';

/** A master doctor of whom nothing is known but the number 7000001, with what the test states. */
export function aMasterDoctor(stated: Partial<MasterDoctorDocument> = {}): MasterDoctorDocument {
  return {
    gmcReferenceNumber: '7000001',
    doctorFirstName: null,
    doctorLastName: null,
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
    tcsPersonId: null,
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
    ...stated,
  };
}
