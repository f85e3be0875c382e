/** A line of `POST /api/gmc-doctors/bulk`: the body of a PUT with its number. Days are `yyyy-MM-dd`. */
export interface GmcDoctorLine {
  gmcNumber: string;
  doctorFirstName: string | null;
  doctorLastName: string | null;
  submissionDate: string | null;
  dateAdded: string | null;
  underNotice: 'YES' | 'NO' | 'ON_HOLD' | null;
  sanction: string | null;
  designatedBodyCode: string | null;
  /** RFC 3339. */
  gmcLastUpdatedDateTime: string | null;
}

/** A line of `POST /api/recommendations/bulk`. */
export interface RecommendationLine {
  id: string;
  gmcNumber: string;
  outcome: 'APPROVED' | 'REJECTED' | 'UNDER_REVIEW' | null;
  recommendationType: 'REVALIDATE' | 'DEFER' | 'NON_ENGAGEMENT' | null;
  recommendationStatus: 'READY_TO_REVIEW' | 'SUBMITTED_TO_GMC' | 'COMPLETED' | null;
  gmcSubmissionDate: string | null;
  /** Day on which it was sent; null for a draft. */
  actualSubmissionDate: string | null;
  gmcRevalidationId: string | null;
  deferralDate: string | null;
  deferralReason: string | null;
  deferralSubReason: string | null;
  comments: string[];
  admin: string | null;
}
