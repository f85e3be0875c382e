import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { Person } from './person.entity.js';

/** A post held for a time at a grade. */
@Entity('placement')
export class Placement {
  @PrimaryColumn('bigint', { name: 'person_id', primaryKeyConstraintName: 'placement_pkey' })
  @ForeignKey(() => Person, { name: 'placement_person_fkey' })
  personId!: number;

  /** From 0, in the order in which they were put. */
  @PrimaryColumn('int', { primaryKeyConstraintName: 'placement_pkey' })
  position!: number;

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
