import type { MasterDoctorDocument } from '@lockstep/contracts';
import { defineIndexSchema } from '@lockstep/search';

/** What the recommendation index keeps of a master document. */
export type RecommendationDocument = Pick<
  MasterDoctorDocument,
  | 'gmcReferenceNumber'
  | 'doctorFirstName'
  | 'doctorLastName'
  | 'submissionDate'
  | 'dateAdded'
  | 'lastUpdatedDate'
  | 'designatedBody'
  | 'underNotice'
  | 'sanction'
  | 'existsInGmc'
  | 'gmcStatus'
  | 'tisStatus'
  | 'admin'
  | 'tcsPersonId'
  | 'programmeName'
  | 'membershipType'
  | 'curriculumEndDate'
  | 'connectionStatus'
>;

/** Raise `version` with any change to a field, so that the next rebuild writes every document again. */
export const recommendationSchema = defineIndexSchema({
  name: 'recommendation',
  version: 1,
  fields: {
    gmcReferenceNumber: { type: 'keyword', search: true, sort: true },
    doctorFirstName: { type: 'keyword', search: true, sort: true },
    doctorLastName: { type: 'keyword', search: true, sort: true },
    submissionDate: { type: 'date', sort: true },
    dateAdded: { type: 'date', sort: true },
    lastUpdatedDate: { type: 'date', sort: true },
    designatedBody: { type: 'keyword', sort: true },
    underNotice: { type: 'keyword' },
    sanction: { type: 'keyword' },
    existsInGmc: { type: 'boolean' },
    gmcStatus: { type: 'keyword' },
    tisStatus: { type: 'keyword' },
    admin: { type: 'keyword' },
    tcsPersonId: { type: 'long' },
    programmeName: { type: 'keyword', match: true, sort: true },
    membershipType: { type: 'keyword' },
    curriculumEndDate: { type: 'date', sort: true },
    connectionStatus: { type: 'keyword' },
  },
});

/** The one alias; doctors whom only TIS knows are in it, and left out by the list. */
export const recommendationAliases = [{ name: 'recommendationindex' }] as const;

/** The document of a doctor; the same on every day. */
export function toRecommendationDocument(master: MasterDoctorDocument): RecommendationDocument {
  return {
    gmcReferenceNumber: master.gmcReferenceNumber,
    doctorFirstName: master.doctorFirstName,
    doctorLastName: master.doctorLastName,
    submissionDate: master.submissionDate,
    dateAdded: master.dateAdded,
    lastUpdatedDate: master.lastUpdatedDate,
    designatedBody: master.designatedBody,
    underNotice: master.underNotice,
    sanction: master.sanction,
    existsInGmc: master.existsInGmc,
    gmcStatus: master.gmcStatus,
    tisStatus: master.tisStatus,
    admin: master.admin,
    tcsPersonId: master.tcsPersonId,
    programmeName: master.programmeName,
    membershipType: master.membershipType,
    curriculumEndDate: master.curriculumEndDate,
    connectionStatus: master.connectionStatus,
  };
}
