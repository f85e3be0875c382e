import type { RecommendationStatus } from '@lockstep/contracts';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { RecommendationType, StoredOutcome } from './recommendation-rules.js';

/**
 * A recommendation to GMC about a doctor. It may be stored before its doctor is known, so the number is no foreign key:
 * records and doctors come from different files in any order.
 */
@Entity('recommendation')
@Index('recommendation_gmc_number_idx', ['gmcNumber'])
export class Recommendation {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'recommendation_pkey' })
  id!: string;

  @Column({ type: 'text', name: 'gmc_number', collation: 'C' })
  gmcNumber!: string;

  @Column('text', { nullable: true })
  outcome!: StoredOutcome | null;

  @Column('text', { nullable: true })
  type!: RecommendationType | null;

  @Column('text', { nullable: true })
  status!: RecommendationStatus | null;

  /** The doctor's due date at the time. */
  @Column('date', { name: 'gmc_submission_date', nullable: true })
  gmcSubmissionDate!: string | null;

  /** Day on which it was sent; null for a draft. */
  @Column('date', { name: 'actual_submission_date', nullable: true })
  actualSubmissionDate!: string | null;

  /** GMC's own id of it. */
  @Column('text', { name: 'gmc_revalidation_id', nullable: true })
  gmcRevalidationId!: string | null;

  @Column('date', { name: 'deferral_date', nullable: true })
  deferralDate!: string | null;

  @Column('text', { name: 'deferral_reason', nullable: true })
  deferralReason!: string | null;

  @Column('text', { name: 'deferral_sub_reason', nullable: true })
  deferralSubReason!: string | null;

  @Column('text', { array: true })
  comments!: string[];

  @Column('text', { nullable: true })
  admin!: string | null;

  @Column('timestamptz', { name: 'updated_at', default: () => 'now()' })
  updatedAt!: Date;
}
