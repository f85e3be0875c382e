import { Type } from 'class-transformer';
import { IsIn, IsInt, IsNotEmpty, IsOptional, IsString, IsUUID, Length, Max, Min } from 'class-validator';

const SWITCH = ['true', 'false'];
type Switch = 'true' | 'false';

/** How an import is to be treated: parameters of the query, or fields of the form. */
export class SubmitQuery {
  /** Of a stored mapping; several, separated by commas, are those of the files in their order. */
  @IsOptional()
  @IsString()
  @Length(1, 2_000)
  configId?: string;

  /** What reports call a file that is sent as the body. */
  @IsOptional()
  @IsString()
  @Length(1, 200)
  name?: string;

  /** Whose objects these are. @default the name of the caller */
  @IsOptional()
  @IsNotEmpty()
  @Length(1, 200)
  userId?: string;

  /** Chosen by the client, so that sending it again cannot import twice. */
  @IsOptional()
  @IsUUID()
  importBatchId?: string;

  /** Goes on with that import: what it completed is not made again. */
  @IsOptional()
  @IsUUID()
  resumeOf?: string;

  @IsOptional()
  @IsIn(SWITCH)
  dryRun?: Switch;

  @IsOptional()
  @IsIn(SWITCH)
  confirm?: Switch;

  @IsOptional()
  @IsIn(SWITCH)
  skipInvalid?: Switch;

  @IsOptional()
  @IsIn(['continue', 'stop'])
  onCreateError?: 'continue' | 'stop';

  @IsOptional()
  @IsIn(['reference', 'update'])
  existing?: 'reference' | 'update';

  @IsOptional()
  @IsIn(['error', 'defer'])
  cycle?: 'error' | 'defer';

  @IsOptional()
  @IsIn(SWITCH)
  verifyExisting?: Switch;

  /** @default what the mapping says, else false */
  @IsOptional()
  @IsIn(SWITCH)
  useUserReference?: Switch;

  @IsOptional()
  @IsIn(SWITCH)
  rejectDuplicateUpload?: Switch;

  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(1_000_000)
  maxErrors?: number;
}

/** The fields of a form: as the query, and the mapping itself. */
export class SubmitForm extends SubmitQuery {
  /** JSON: a mapping, or a list of one a file. */
  @IsOptional()
  @IsString()
  config?: string;
}
