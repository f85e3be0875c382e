import type { MasterDoctorDocument } from '@lockstep/contracts';
import type { GmcDoctorLine, RecommendationLine, TraineePerson } from '@lockstep/demo-data';
import { document, type GoldenDoctor } from './golden-parts.js';

/** What GMC answers for a designated body; the body of the snapshot route. */
export interface GoldenSnapshot {
  designatedBodyCode: string;
  requestDateTime: string;
  doctors: GmcDoctorLine[];
}

/**
 * People, GMC's records and recommendations, and what the index and its lists must hold of them after a rebuild on their
 * day. To be loaded in the order of the fields: people, doctors (each by a PUT), recommendations, snapshots, deletions.
 */
export interface GoldenGmcDoctor extends GoldenDoctor {
  /** To be put in this order; a number that stands here twice is put twice. */
  gmcDoctors: GmcDoctorLine[];
  recommendations: RecommendationLine[];
  snapshots: GoldenSnapshot[];
  /** Numbers to delete after all were loaded. */
  deletedGmcDoctors: string[];
}

/** A doctor as GMC tells of one under notice without a designated body, changed as told. */
export function gmcDoctor(gmcNumber: string, change: Partial<GmcDoctorLine> = {}): GmcDoctorLine {
  return {
    gmcNumber,
    doctorFirstName: 'Gwen',
    doctorLastName: 'General',
    submissionDate: '2030-06-01',
    dateAdded: '2021-08-04',
    underNotice: 'YES',
    sanction: null,
    designatedBodyCode: null,
    gmcLastUpdatedDateTime: '2026-01-01T01:00:00Z',
    ...change,
  };
}

/** A recommendation that was sent and is under review, changed as told. */
export function recommendation(
  gmcNumber: string,
  order: number,
  change: Partial<RecommendationLine> = {},
): RecommendationLine {
  return {
    id: `golden-${gmcNumber}-${order}`,
    gmcNumber,
    outcome: 'UNDER_REVIEW',
    recommendationType: 'REVALIDATE',
    recommendationStatus: 'SUBMITTED_TO_GMC',
    gmcSubmissionDate: '2030-06-01',
    actualSubmissionDate: '2026-01-01',
    gmcRevalidationId: `GMC-${gmcNumber}-${order}`,
    deferralDate: null,
    deferralReason: null,
    deferralSubReason: null,
    comments: [],
    admin: null,
    ...change,
  };
}

/** The document of a doctor whom GMC knows as {@link gmcDoctor} tells, last changed on `asOf`, changed as told. */
export function gmcDocument(
  asOf: string,
  gmcNumber: string,
  change: Partial<MasterDoctorDocument> = {},
): MasterDoctorDocument {
  return {
    ...document(gmcNumber, 0),
    tcsPersonId: null,
    doctorFirstName: 'Gwen',
    doctorLastName: 'General',
    submissionDate: '2030-06-01',
    dateAdded: '2021-08-04',
    lastUpdatedDate: asOf,
    underNotice: 'YES',
    existsInGmc: true,
    tisStatus: 'NOT_STARTED',
    ...change,
  };
}

/** A golden doctor of which only some parts are stated. */
export function golden(
  stated: Pick<GoldenGmcDoctor, 'shows' | 'expected' | 'inLists'> &
    Partial<GoldenGmcDoctor> & { people?: TraineePerson[] },
): GoldenGmcDoctor {
  return {
    people: [],
    gmcDoctors: [],
    recommendations: [],
    snapshots: [],
    deletedGmcDoctors: [],
    issues: [],
    ...stated,
  };
}
