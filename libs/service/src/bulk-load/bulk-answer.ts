import { Type } from 'class-transformer';
import { IsArray, IsBoolean, IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';
import { FieldError } from '../problems/problem.js';

/** A line that was not taken. */
export class RejectedLine {
  /** From 1, as an editor counts. */
  @IsInt()
  line!: number;

  /** `LINE_UNREADABLE` or `VALIDATION_FAILED`. */
  @IsString()
  code!: string;

  @IsString()
  message!: string;

  @IsOptional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => FieldError)
  errors?: FieldError[];
}

/** Counts of a bulk load: `received` is the sum of the other four. */
export class BulkAnswer {
  @IsInt()
  received: number = 0;

  @IsInt()
  created: number = 0;

  @IsInt()
  updated: number = 0;

  @IsInt()
  unchanged: number = 0;

  @IsInt()
  rejected: number = 0;

  /** The first thousand. */
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => RejectedLine)
  errors: RejectedLine[] = [];

  @IsBoolean()
  errorsTruncated: boolean = false;
}
