import { IsCode, IsMoney, IsStorableText } from '@lockstep/contracts';
import { OmitType, PartialType } from '@nestjs/mapped-types';
import { ArrayMaxSize, IsArray, IsNotEmpty, IsOptional } from 'class-validator';
import { ProductBody } from '../catalogue/product-body.js';

/** A brand or a category. */
export class NamedFields {
  @IsStorableText(500)
  @IsNotEmpty()
  name!: string;
}

export class LocationFields extends PartialType(NamedFields) {}

/** What may be stated of a product set that is there. Feeds of a shop call its name a title. */
export class ProductSetChange {
  @IsOptional()
  @IsStorableText(500)
  @IsNotEmpty()
  name?: string;

  @IsOptional()
  @IsStorableText(500)
  @IsNotEmpty()
  title?: string;

  @IsOptional()
  @IsCode(200)
  brand?: string | number;

  @IsOptional()
  @IsCode()
  attributeSet?: string | number;

  @IsOptional()
  @IsCode()
  primaryCategory?: string | number;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(200)
  @IsCode(100, { each: true })
  categories?: (string | number)[];

  /** What its products cost that state no price of their own. */
  @IsOptional()
  @IsMoney()
  price?: string;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(200)
  @IsStorableText(200, { each: true })
  tags?: string[];
}

/** What may be stated of a product that is there. Feeds of a shop call its SKU just so. */
export class ProductChange extends PartialType(OmitType(ProductBody, ['productSetId'])) {
  @IsOptional()
  @IsStorableText(200)
  @IsNotEmpty()
  sku?: string;
}
