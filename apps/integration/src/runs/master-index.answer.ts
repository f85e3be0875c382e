import { IsInstant } from '@lockstep/contracts';
import { IsArray, IsIn, IsInt, IsString } from 'class-validator';

/** What a comparison of the served index with PostgreSQL found. */
export class VerificationAnswer {
  /** `drift`: something differs that writing it again did not mend; the problems name it. */
  @IsIn(['equal', 'drift'])
  outcome!: 'equal' | 'drift';

  @IsArray()
  @IsString({ each: true })
  problems!: string[];

  /** Documents that readers see. */
  @IsInt()
  live!: number;

  @IsInt()
  tombstones!: number;

  /** Documents compared whole. */
  @IsInt()
  sampled!: number;

  /** Documents that differed and were written again. */
  @IsInt()
  healed!: number;

  @IsInstant()
  checkedAt!: string;
}
