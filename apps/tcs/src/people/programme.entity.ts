import { Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn, Unique } from 'typeorm';
import { Person } from './person.entity.js';

/** A programme, known by its number; its name and owner are those that the last membership put has stated. */
@Entity('programme')
@Unique('programme_number_key', ['number'])
export class Programme {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'programme_pkey',
  })
  id!: number;

  @Column('text')
  number!: string;

  @Column('text', { nullable: true })
  name!: string | null;

  /** Local office; decides the designated body. */
  @Column('text', { nullable: true })
  owner!: string | null;
}

/** A person's time on a programme. Ids ascend in the order in which the person's memberships were put. */
@Entity('programme_membership')
@Index('programme_membership_person_idx', ['personId'])
@Index('programme_membership_programme_idx', ['programmeId'])
export class ProgrammeMembership {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'programme_membership_pkey',
  })
  id!: number;

  @Column('bigint', { name: 'person_id' })
  @ForeignKey(() => Person, { name: 'programme_membership_person_fkey' })
  personId!: number;

  @Column('bigint', { name: 'programme_id' })
  @ForeignKey(() => Programme, { name: 'programme_membership_programme_fkey' })
  programmeId!: number;

  @Column('text', { nullable: true })
  type!: string | null;

  @Column('date', { name: 'start_date', nullable: true })
  startDate!: string | null;

  @Column('date', { name: 'end_date', nullable: true })
  endDate!: string | null;
}
