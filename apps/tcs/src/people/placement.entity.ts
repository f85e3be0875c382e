import { Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn } from 'typeorm';
import { Person } from './person.entity.js';

/** A post held for a time at a grade. */
@Entity('placement')
@Index('placement_person_idx', ['personId'])
export class Placement {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'placement_pkey',
  })
  id!: number;

  @Column('bigint', { name: 'person_id' })
  @ForeignKey(() => Person, { name: 'placement_person_fkey' })
  personId!: number;

  /** Compared whole: 279 is not 2790. */
  @Column('text', { name: 'grade_id' })
  gradeId!: string;

  /** Name of the grade. */
  @Column('text', { nullable: true })
  grade!: string | null;

  @Column('date', { name: 'date_from', nullable: true })
  dateFrom!: string | null;

  @Column('date', { name: 'date_to', nullable: true })
  dateTo!: string | null;
}
