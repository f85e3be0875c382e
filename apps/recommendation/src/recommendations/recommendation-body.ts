import { RECOMMENDATION_STATUSES, type RecommendationStatus } from '@lockstep/contracts';
import { ArrayMaxSize, IsArray, IsIn, IsNotEmpty, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { AreTexts, IsDay, IsGmcNumber, IsText } from '../gmc-doctors/field-checks.js';
import {
  RECOMMENDATION_TYPES,
  type RecommendationFacts,
  type RecommendationType,
  STORED_OUTCOMES,
  type StoredOutcome,
} from './recommendation-rules.js';

/** A recommendation as it is stored: one line of a bulk load. */
export class StoredRecommendationBody {
  @IsString()
  @IsNotEmpty()
  @MaxLength(100)
  @Matches(/^[^\s\0\uD800-\uDFFF]+$/)
  id!: string;

  @IsGmcNumber()
  gmcNumber!: string;

  @IsOptional()
  @IsIn([...STORED_OUTCOMES])
  outcome?: StoredOutcome | null;

  @IsOptional()
  @IsIn([...RECOMMENDATION_TYPES])
  recommendationType?: RecommendationType | null;

  @IsOptional()
  @IsIn([...RECOMMENDATION_STATUSES])
  recommendationStatus?: RecommendationStatus | null;

  @IsOptional()
  @IsDay()
  gmcSubmissionDate?: string | null;

  /** Day on which it was sent; absent for a draft. */
  @IsOptional()
  @IsDay()
  actualSubmissionDate?: string | null;

  @IsOptional()
  @IsText(100)
  gmcRevalidationId?: string | null;

  @IsOptional()
  @IsDay()
  deferralDate?: string | null;

  @IsOptional()
  @IsText(100)
  deferralReason?: string | null;

  @IsOptional()
  @IsText(100)
  deferralSubReason?: string | null;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @AreTexts(5_000)
  comments?: string[] | null;

  @IsOptional()
  @IsText(200)
  admin?: string | null;
}

/** A recommendation with nothing left open. */
export interface RecommendationRecord extends RecommendationFacts {
  gmcNumber: string;
  gmcRevalidationId: string | null;
  deferralDate: string | null;
  deferralReason: string | null;
  deferralSubReason: string | null;
  comments: string[];
  admin: string | null;
}

export function toRecommendationRecord(body: StoredRecommendationBody): RecommendationRecord {
  return {
    id: body.id,
    gmcNumber: body.gmcNumber.trim(),
    outcome: body.outcome ?? null,
    type: body.recommendationType ?? null,
    status: body.recommendationStatus ?? null,
    gmcSubmissionDate: body.gmcSubmissionDate ?? null,
    actualSubmissionDate: body.actualSubmissionDate ?? null,
    gmcRevalidationId: body.gmcRevalidationId ?? null,
    deferralDate: body.deferralDate ?? null,
    deferralReason: body.deferralReason ?? null,
    deferralSubReason: body.deferralSubReason ?? null,
    comments: body.comments ?? [],
    admin: body.admin ?? null,
  };
}
