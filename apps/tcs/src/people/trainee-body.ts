import { IsCalendarDate } from '@lockstep/contracts';
import { FIRST_ALLOCATED_ID } from '@lockstep/ownership';
import { applyDecorators } from '@nestjs/common';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';

/** Whole characters only: PostgreSQL stores neither NUL nor half of a surrogate pair. */
const STORABLE = /^(?:[^\0\uD800-\uDFFF]|[\uD800-\uDBFF][\uDC00-\uDFFF])*$/;

const LONGEST_GRADE_ID = 40;

export function IsText(maxLength: number): PropertyDecorator {
  return applyDecorators(
    IsString(),
    MaxLength(maxLength),
    Matches(STORABLE, { message: '$property must hold whole characters only, and no NUL' }),
  );
}

/** A day that PostgreSQL knows: its calendar has no year 0. */
export function IsDay(): PropertyDecorator {
  return applyDecorators(IsCalendarDate(), Matches(/^(?!0000)/, { message: '$property must not lie in the year 0' }));
}

/** Ids of grades are numbers in some sources and text in others; either is taken and kept as text. */
function IsGradeId(): PropertyDecorator {
  const validate = (value: unknown): boolean =>
    (typeof value === 'string' && value.length > 0 && value.length <= LONGEST_GRADE_ID && STORABLE.test(value)) ||
    Number.isSafeInteger(value);
  const defaultMessage = (): string => '$property must be a whole number or a short text';
  return applyDecorators(
    ValidateBy({ name: 'isGradeId', validator: { validate, defaultMessage } }),
    // A function replaces what the library makes of the declared type; an object would only be added to it.
    JSONSchema(() => ({
      anyOf: [
        { type: 'string', minLength: 1, maxLength: LONGEST_GRADE_ID, pattern: STORABLE.source },
        { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
      ],
    })),
  );
}

export class CurriculumBody {
  @IsText(300)
  @IsNotEmpty()
  name!: string;

  @IsOptional()
  @IsDay()
  endDate?: string | null;
}

export class ProgrammeMembershipBody {
  /** Names the programme; its name and owner below are the programme's own and change it for everybody. */
  @IsText(50)
  @IsNotEmpty()
  programmeNumber!: string;

  @IsOptional()
  @IsText(300)
  programmeName?: string | null;

  /** Local office. */
  @IsOptional()
  @IsText(200)
  owner?: string | null;

  @IsOptional()
  @IsText(100)
  type?: string | null;

  @IsOptional()
  @IsDay()
  startDate?: string | null;

  @IsOptional()
  @IsDay()
  endDate?: string | null;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(50)
  @ValidateNested({ each: true })
  @Type(() => CurriculumBody)
  curricula?: CurriculumBody[] | null;
}

export class PlacementBody {
  @IsGradeId()
  gradeId!: string | number;

  @IsOptional()
  @IsText(200)
  grade?: string | null;

  @IsOptional()
  @IsDay()
  dateFrom?: string | null;

  @IsOptional()
  @IsDay()
  dateTo?: string | null;
}

/** A whole person: what is absent is empty, whatever it was before. */
export class TraineeBody {
  @IsOptional()
  @IsText(200)
  forenames?: string | null;

  @IsText(200)
  @IsNotEmpty()
  surname!: string;

  /** As entered; anything that is no number keeps the person out of the master index. */
  @IsOptional()
  @IsText(50)
  gmcNumber?: string | null;

  @IsOptional()
  @IsText(500)
  role?: string | null;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => ProgrammeMembershipBody)
  programmeMemberships?: ProgrammeMembershipBody[] | null;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(500)
  @ValidateNested({ each: true })
  @Type(() => PlacementBody)
  placements?: PlacementBody[] | null;
}

/** One line of a bulk load. Ids beyond the limit are this service's own to give. */
export class BulkTraineeBody extends TraineeBody {
  @IsInt()
  @Min(1)
  @Max(FIRST_ALLOCATED_ID - 1)
  personId!: number;
}
