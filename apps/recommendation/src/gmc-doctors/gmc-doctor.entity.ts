import type { RecommendationStatus, UnderNotice } from '@lockstep/contracts';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * What GMC and our own records know of a doctor, or the tombstone of one: the row stays for ever, so that versions only
 * grow and every rebuild can tell of it.
 */
@Entity('doctors_for_db')
@Index('doctors_for_db_body_idx', ['designatedBodyCode'])
export class GmcDoctor {
  /** Trimmed. */
  @PrimaryColumn({ type: 'text', name: 'gmc_number', collation: 'C', primaryKeyConstraintName: 'doctors_for_db_pkey' })
  gmcNumber!: string;

  @Column('text', { name: 'first_name', nullable: true })
  firstName!: string | null;

  @Column('text', { name: 'last_name', nullable: true })
  lastName!: string | null;

  @Column('date', { name: 'submission_date', nullable: true })
  submissionDate!: string | null;

  @Column('date', { name: 'date_added', nullable: true })
  dateAdded!: string | null;

  @Column('text', { name: 'under_notice', nullable: true })
  underNotice!: UnderNotice | null;

  @Column('text', { nullable: true })
  sanction!: string | null;

  /** Where the doctor's recommendation stands (TIS status). */
  @Column('text', { name: 'doctor_status', nullable: true })
  doctorStatus!: RecommendationStatus | null;

  /** Day of the last change here (Europe/London). */
  @Column('date', { name: 'last_updated_date', nullable: true })
  lastUpdatedDate!: string | null;

  /** When GMC's data was asked for; a snapshot asked for earlier changes nothing. Null: never told. */
  @Column('timestamptz', { name: 'gmc_last_updated_date_time', nullable: true })
  gmcLastUpdatedDateTime!: Date | null;

  @Column('text', { name: 'designated_body_code', nullable: true })
  designatedBodyCode!: string | null;

  /** Address of the admin who looks after the doctor; GMC's data never changes it. */
  @Column('text', { nullable: true })
  admin!: string | null;

  @Column('boolean', { name: 'exists_in_gmc' })
  existsInGmc!: boolean;

  /** Raised in the transaction of any change of the doctor or of a recommendation of the doctor. */
  @Column('bigint')
  version!: number;

  @Column('boolean', { default: false })
  deleted!: boolean;

  @Column('timestamptz', { name: 'updated_at', default: () => 'now()' })
  updatedAt!: Date;
}
