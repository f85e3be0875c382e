import { PageQuery } from '@lockstep/service';
import { IsOptional, IsString, Matches, MaxLength } from 'class-validator';

/** What the list of orders can be asked for. All conditions hold together. */
export class OrdersQuery extends PageQuery {
  /** `field` ascending or `-field` descending. */
  @IsOptional()
  @Matches(/^-?[A-Za-z][A-Za-z0-9]{0,63}$/)
  sort?: string;

  /** The whole number. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  customerOrderNumber?: string;

  @IsOptional()
  @IsString()
  @MaxLength(200)
  portal?: string;

  @IsOptional()
  @IsString()
  @MaxLength(200)
  salesChannel?: string;

  @IsOptional()
  @IsString()
  @MaxLength(200)
  accountSlug?: string;

  @IsOptional()
  @IsString()
  @MaxLength(200)
  workspace?: string;
}
