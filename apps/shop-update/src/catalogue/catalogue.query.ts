import { PageQuery } from '@lockstep/service';
import { Transform, Type } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsOptional, IsString, Matches, MaxLength, Min } from 'class-validator';
import { PRODUCT_STATUSES, QC_STATUSES } from './product-body.js';

/** The query of every list of the catalogue. */
class CatalogueQuery extends PageQuery {
  /** `field` ascending or `-field` descending. */
  @IsOptional()
  @Matches(/^-?[A-Za-z][A-Za-z0-9]{0,63}$/)
  sort?: string;
}

export class SellersQuery extends CatalogueQuery {
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean()
  active?: boolean;
}

export class ProductSetsQuery extends CatalogueQuery {
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  sellerId?: number;
}

export class ProductsQuery extends ProductSetsQuery {
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  productSetId?: number;

  /** The whole SKU. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  sellerSku?: string;

  @IsOptional()
  @IsIn([...PRODUCT_STATUSES])
  status?: string;

  @IsOptional()
  @IsIn([...QC_STATUSES])
  qcStatus?: string;
}
