import type { MasterDoctorDocument } from '@lockstep/contracts';
import type { GmcDoctorLine, RecommendationLine } from '@lockstep/demo-data';
import { day } from '@lockstep/demo-data';
import { type GoldenGmcDoctor, gmcDoctor, gmcDocument, golden, recommendation } from './golden-gmc-parts.js';

/** Which recommendation speaks for a doctor, and what it says. */
export function recommendationOutcomes(asOf: string): GoldenGmcDoctor[] {
  const lately = day(asOf, -10);
  // A month has 28 to 31 days.
  const moreThanAMonthAgo = day(asOf, -32);
  const approved = { outcome: 'APPROVED', recommendationStatus: 'COMPLETED' } as const;
  const rejected = { outcome: 'REJECTED', recommendationStatus: 'COMPLETED' } as const;
  const draft = { outcome: null, recommendationStatus: 'READY_TO_REVIEW', actualSubmissionDate: null } as const;

  const answered = (
    shows: string,
    gmcNumber: string,
    told: { doctors?: Partial<GmcDoctorLine>[]; recommendations: Partial<RecommendationLine>[] },
    expected: Partial<MasterDoctorDocument>,
  ): GoldenGmcDoctor =>
    golden({
      shows,
      gmcDoctors: (told.doctors ?? [{}]).map((change) => gmcDoctor(gmcNumber, change)),
      recommendations: told.recommendations.map((change, index) => recommendation(gmcNumber, index + 1, change)),
      expected: { [gmcNumber]: gmcDocument(asOf, gmcNumber, expected) },
      inLists: { [gmcNumber]: ['current', 'disconnected', 'recommendations'] },
    });

  return [
    answered(
      'one that is under review is submitted to GMC',
      '9001301',
      { recommendations: [{ actualSubmissionDate: lately }] },
      { gmcStatus: 'Under Review', tisStatus: 'SUBMITTED_TO_GMC' },
    ),
    answered(
      'one that was approved lately is completed',
      '9001302',
      { recommendations: [{ ...approved, actualSubmissionDate: lately }] },
      { gmcStatus: 'Approved', tisStatus: 'COMPLETED' },
    ),
    answered(
      'an approval more than a month old of a doctor under notice is past: nothing is started, nothing is shown',
      '9001303',
      { recommendations: [{ ...approved, actualSubmissionDate: moreThanAMonthAgo }] },
      { gmcStatus: null, tisStatus: 'NOT_STARTED' },
    ),
    answered(
      'of a doctor who is not under notice it is not past',
      '9001304',
      {
        doctors: [{ underNotice: 'ON_HOLD' }],
        recommendations: [{ ...approved, actualSubmissionDate: moreThanAMonthAgo }],
      },
      { underNotice: 'ON_HOLD', gmcStatus: 'Approved', tisStatus: 'COMPLETED' },
    ),
    answered(
      'a rejection is never past',
      '9001305',
      { recommendations: [{ ...rejected, actualSubmissionDate: day(asOf, -900) }] },
      { gmcStatus: 'Rejected', tisStatus: 'COMPLETED' },
    ),
    answered(
      'a draft for a later due date takes the place of an older answer, and has none itself',
      '9001306',
      {
        recommendations: [
          { ...rejected, gmcSubmissionDate: '2029-06-01', actualSubmissionDate: lately },
          { ...draft, gmcSubmissionDate: '2030-06-01' },
        ],
      },
      { gmcStatus: null, tisStatus: 'DRAFT' },
    ),
    answered(
      'a draft for the same due date leaves the answer, as GMC has not seen it',
      '9001307',
      { recommendations: [{ ...draft }, { ...rejected, actualSubmissionDate: lately }] },
      { gmcStatus: 'Rejected', tisStatus: 'DRAFT' },
    ),
    answered(
      'of the same due date the one sent last answers, of the same days the highest id',
      '9001308',
      {
        recommendations: [
          { ...rejected, actualSubmissionDate: day(asOf, -20) },
          { ...rejected, actualSubmissionDate: lately },
          { actualSubmissionDate: lately },
        ],
      },
      { gmcStatus: 'Under Review', tisStatus: 'SUBMITTED_TO_GMC' },
    ),
    answered(
      'a doctor told of again who is not under notice any more has completed, with nothing to show',
      '9001309',
      { doctors: [{}, { underNotice: 'NO' }], recommendations: [] },
      { underNotice: 'NO', tisStatus: 'COMPLETED' },
    ),
    answered(
      'a doctor told of for the first time has not started, under notice or not',
      '9001310',
      { doctors: [{ underNotice: 'NO' }], recommendations: [] },
      { underNotice: 'NO', tisStatus: 'NOT_STARTED' },
    ),
  ];
}
