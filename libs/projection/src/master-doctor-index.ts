import { defineIndexSchema, type Filter } from '@lockstep/search';

/**
 * The master index, which `integration` writes and the projecting services read. Raise `version` with any change to a
 * field, so that the next rebuild writes every document again.
 */
export const masterDoctorSchema = defineIndexSchema({
  name: 'masterdoctor',
  version: 1,
  fields: {
    gmcReferenceNumber: { type: 'keyword', search: true, sort: true },
    doctorFirstName: { type: 'keyword', search: true, sort: true },
    doctorLastName: { type: 'keyword', search: true, sort: true },
    submissionDate: { type: 'date', sort: true },
    dateAdded: { type: 'date', sort: true },
    lastUpdatedDate: { type: 'date' },
    designatedBody: { type: 'keyword', sort: true },
    underNotice: { type: 'keyword' },
    sanction: { type: 'keyword' },
    existsInGmc: { type: 'boolean' },
    gmcStatus: { type: 'keyword' },
    tisStatus: { type: 'keyword' },
    admin: { type: 'keyword' },
    tcsPersonId: { type: 'long' },
    programmeName: { type: 'keyword', match: true, sort: true },
    membershipType: { type: 'keyword', sort: true },
    tcsDesignatedBody: { type: 'keyword', sort: true },
    programmeOwner: { type: 'keyword', sort: true },
    placementGrades: { type: 'keyword' },
    curriculumEndDate: { type: 'date', sort: true },
    membershipStartDate: { type: 'date', sort: true },
    membershipEndDate: { type: 'date', sort: true },
    programmes: { type: 'stored' },
    connectionStatus: { type: 'keyword' },
    isDiscrepancy: { type: 'boolean' },
  },
});

/** Names under which the master is read; their filters are part of the alias and move with it in one step. */
export const masterDoctorAliases = [
  { name: 'masterdoctorindex' },
  { name: 'current_connections', filter: { field: 'existsInGmc', anyOf: [true] } },
  { name: 'discrepancies', filter: { field: 'isDiscrepancy', anyOf: [true] } },
] as const satisfies readonly { readonly name: string; readonly filter?: Filter }[];
