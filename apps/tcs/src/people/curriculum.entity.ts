import { Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn, Unique } from 'typeorm';
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
@Index('curriculum_membership_programme_membership_idx', ['programmeMembershipId'])
export class CurriculumMembership {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'curriculum_membership_pkey',
  })
  id!: number;

  @Column('bigint', { name: 'programme_membership_id' })
  @ForeignKey(() => ProgrammeMembership, { name: 'curriculum_membership_programme_membership_fkey' })
  programmeMembershipId!: number;

  @Column('bigint', { name: 'curriculum_id' })
  @ForeignKey(() => Curriculum, { name: 'curriculum_membership_curriculum_fkey' })
  curriculumId!: number;

  @Column('date', { name: 'end_date', nullable: true })
  endDate!: string | null;
}
