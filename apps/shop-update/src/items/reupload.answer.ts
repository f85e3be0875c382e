import { IsInt, IsOptional, IsString, MaxLength } from 'class-validator';

export class ReuploadBody {
  /** For the record. */
  @IsOptional()
  @IsString()
  @MaxLength(500)
  reason?: string | null;
}

/** What a reupload has brought into line, for all variations of the set. */
export class ReuploadAnswer {
  @IsInt()
  productId!: number;

  @IsInt()
  productSetId!: number;

  /** Items that had failed or could not go on. */
  @IsInt()
  requeued!: number;

  /** New items, or ones that waited already: of a set of which nothing had failed. */
  @IsInt()
  enqueued!: number;
}
