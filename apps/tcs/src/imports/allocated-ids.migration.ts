import { FIRST_ALLOCATED_ID } from '@lockstep/ownership';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Ids of people whom an import creates: from a range in which nobody else may choose one. */
export class AllocatePersonIds1763800000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE SEQUENCE person_allocated_id_seq AS bigint MINVALUE ${FIRST_ALLOCATED_ID}`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP SEQUENCE person_allocated_id_seq');
  }
}
