import { Column, Entity, ForeignKey, PrimaryColumn, PrimaryGeneratedColumn, Unique } from 'typeorm';
import { ProgrammeMembership } from './programme.entity.js';

/** A curriculum, known by its name. */
@Entity('curriculum')
@Unique('curriculum_name_key', ['name'])
export class Curriculum {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'curriculum_pkey',
  })
  id!: number;

  @Column('text')
  name!: string;
}

/** A curriculum followed within a programme membership. */
@Entity('curriculum_membership')
export class CurriculumMembership {
  @PrimaryColumn('bigint', {
    name: 'programme_membership_id',
    primaryKeyConstraintName: 'curriculum_membership_pkey',
  })
  @ForeignKey(() => ProgrammeMembership, { name: 'curriculum_membership_programme_membership_fkey' })
  programmeMembershipId!: number;

  /** From 0, in the order in which they were put. */
  @PrimaryColumn('int', { primaryKeyConstraintName: 'curriculum_membership_pkey' })
  position!: number;

  @Column('bigint', { name: 'curriculum_id' })
  @ForeignKey(() => Curriculum, { name: 'curriculum_membership_curriculum_fkey' })
  curriculumId!: number;

  @Column('date', { name: 'end_date', nullable: true })
  endDate!: string | null;
}
