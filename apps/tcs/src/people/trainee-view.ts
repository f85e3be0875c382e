import { IsInstant } from '@lockstep/contracts';
import { Type } from 'class-transformer';
import { IsArray, IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';
import { PlacementBody, ProgrammeMembershipBody } from './trainee-body.js';

/** A person as `GET` and `PUT` answer: the body as it is stored, with nothing left open. */
export class TraineeView {
  @IsInt()
  personId!: number;

  /** Grows with every change of the person or of a programme the person is on. */
  @IsInt()
  version!: number;

  @IsInstant()
  updatedAt!: string;

  @IsOptional()
  @IsString()
  forenames!: string | null;

  @IsString()
  surname!: string;

  @IsOptional()
  @IsString()
  gmcNumber!: string | null;

  @IsOptional()
  @IsString()
  role!: string | null;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => ProgrammeMembershipBody)
  programmeMemberships!: ProgrammeMembershipBody[];

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => PlacementBody)
  placements!: PlacementBody[];
}
