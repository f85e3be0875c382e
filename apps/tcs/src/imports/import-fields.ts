import { IsNotEmpty, IsOptional } from 'class-validator';
import { IsDay, IsText } from '../people/trainee-body.js';

/** A programme as an import states it. Without a number it gets one of its own. */
export class ProgrammeFields {
  @IsOptional()
  @IsText(50)
  @IsNotEmpty()
  number?: string;

  @IsText(300)
  @IsNotEmpty()
  name!: string;

  /** Local office. */
  @IsOptional()
  @IsText(200)
  owner?: string;
}

/** What changes of a programme; the number stays. */
export class ProgrammeChange {
  @IsOptional()
  @IsText(300)
  @IsNotEmpty()
  name?: string;

  @IsOptional()
  @IsText(200)
  owner?: string;
}

/** A person as an import states one; memberships follow as links. */
export class TraineeFields {
  @IsOptional()
  @IsText(200)
  forenames?: string;

  @IsText(200)
  @IsNotEmpty()
  surname!: string;

  @IsOptional()
  @IsText(50)
  gmcNumber?: string;

  @IsOptional()
  @IsText(500)
  role?: string;
}

/** What changes of a person. */
export class TraineeChange {
  @IsOptional()
  @IsText(200)
  forenames?: string;

  @IsOptional()
  @IsText(200)
  @IsNotEmpty()
  surname?: string;

  @IsOptional()
  @IsText(50)
  gmcNumber?: string;

  @IsOptional()
  @IsText(500)
  role?: string;
}

export class MembershipProperties {
  @IsOptional()
  @IsText(100)
  type?: string;

  @IsOptional()
  @IsDay()
  startDate?: string;

  @IsOptional()
  @IsDay()
  endDate?: string;
}
