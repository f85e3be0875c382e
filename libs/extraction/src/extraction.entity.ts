import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

/** Sending all records of the service for one run. At most one, that of the highest fence, is still at work. */
@Entity('extraction')
export class Extraction {
  @PrimaryColumn('uuid', { name: 'run_id', primaryKeyConstraintName: 'extraction_pkey' })
  runId!: string;

  @Column('bigint')
  fence!: number;

  @Column('text')
  phase!: string;

  /** The run's 'today': what is current is decided by it. */
  @Column('date', { name: 'as_of' })
  asOf!: string;

  /** Records a batch at most. */
  @Column('int', { name: 'batch_size' })
  batchSize!: number;

  @Column('int')
  batches!: number;

  /** Records in all batches, tombstones included. */
  @Column('int')
  items!: number;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  /** When the end marker was sent, or a newer run took over; null while there is something to send. */
  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;
}

/**
 * The records that a sequence number of a run stands for, fixed when the run is planned. Keys and not a range of them: a
 * range would take in records that are created meanwhile, and could outgrow what a message may carry.
 */
@Entity('extraction_batch')
@Index('extraction_batch_unpublished_idx', ['runId', 'sequence'], { where: 'published_at IS NULL' })
export class ExtractionBatch {
  @PrimaryColumn('uuid', { name: 'run_id', primaryKeyConstraintName: 'extraction_batch_pkey' })
  @ForeignKey(() => Extraction, { name: 'extraction_batch_run_fkey' })
  runId!: string;

  /** From 1. */
  @PrimaryColumn('int', { primaryKeyConstraintName: 'extraction_batch_pkey' })
  sequence!: number;

  @Column('text', { array: true })
  keys!: string[];

  /** When the broker confirmed it; null until then and when it was asked for again. */
  @Column('timestamptz', { name: 'published_at', nullable: true })
  publishedAt!: Date | null;
}
