import { PageQuery } from '@lockstep/service';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Matches, MaxLength, Min } from 'class-validator';
import { RETURN_TYPES } from './order-return-body.js';

/** What the list of returns can be asked for. All conditions hold together; for more there is the search. */
export class ReturnsQuery extends PageQuery {
  /** `field` ascending or `-field` descending. */
  @IsOptional()
  @Matches(/^-?[A-Za-z][A-Za-z0-9]{0,63}$/)
  sort?: string;

  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  orderId?: number;

  /** The whole number. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  customerReturnNumber?: string;

  /** The whole number. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  returnTrackingId?: string;

  @IsOptional()
  @IsIn([...RETURN_TYPES])
  returnType?: string;
}
