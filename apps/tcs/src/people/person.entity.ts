import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';

/** A person, or the tombstone of one: the row stays for ever, so that versions only grow and every rebuild can tell of it. */
@Entity('person')
export class Person {
  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'person_pkey' })
  id!: number;

  @Column('text', { nullable: true })
  forenames!: string | null;

  @Column('text', { nullable: true })
  surname!: string | null;

  @Column('text', { nullable: true })
  role!: string | null;

  /** Raised in the transaction that changes anything the person is made of, its programmes' names and owners included. */
  @Column('bigint')
  version!: number;

  @Column('boolean', { default: false })
  deleted!: boolean;

  /** Of what was last put, without the names and owners of programmes; null for a tombstone, and once an import has added to it. */
  @Column('text', { name: 'content_hash', nullable: true })
  contentHash!: string | null;

  @Column('timestamptz', { name: 'updated_at', default: () => 'now()' })
  updatedAt!: Date;
}

/** The GMC number as it was entered, not trimmed; no row for none. Several people may claim the same. */
@Entity('gmc_details')
export class GmcDetails {
  @PrimaryColumn('bigint', { name: 'person_id', primaryKeyConstraintName: 'gmc_details_pkey' })
  @ForeignKey(() => Person, { name: 'gmc_details_person_fkey' })
  personId!: number;

  @Column('text', { name: 'gmc_number' })
  gmcNumber!: string;
}
