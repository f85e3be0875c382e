import { IsBoolean, IsOptional, IsString, MaxLength, MinLength } from 'class-validator';

class DryRunBody {
  /** Answers the item as it would be, and leaves it as it is. */
  @IsOptional()
  @IsBoolean()
  dryRun?: boolean;
}

/** How an action on one item is asked for. */
export class ItemActionBody extends DryRunBody {
  /** For the record. */
  @IsOptional()
  @IsString()
  @MaxLength(500)
  reason?: string;
}

/** How an action is asked for that nobody should meet later without knowing why. */
export class ReasonedActionBody extends DryRunBody {
  @IsString()
  @MinLength(1)
  @MaxLength(500)
  reason!: string;
}
