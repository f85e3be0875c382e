import { IsCode, IsInstant, IsMoney, IsStorableText } from '@lockstep/contracts';
import { PartialType } from '@nestjs/mapped-types';
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
  Min,
  ValidateNested,
} from 'class-validator';
import type { RowShape } from './row-shape.js';

/** A picture; sets show them in the order given. */
export class ImageBody {
  @IsStorableText(2_000)
  @Matches(/^https?:\/\/[^\s]+$/, { message: '$property must be the address of a picture' })
  url!: string;

  /** Of the picture's content; tells whether it is another one. */
  @IsStorableText(128)
  @IsNotEmpty()
  hash!: string;
}

/** What variations of one product have in common. Brand and categories are ids of the shop's own master data. */
export class ProductSetBody {
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  sellerId!: number;

  @IsStorableText(500)
  @IsNotEmpty()
  name!: string;

  @IsOptional()
  @IsCode(200)
  brand?: string | number | null;

  @IsOptional()
  @IsCode()
  attributeSet?: string | number | null;

  @IsOptional()
  @IsCode()
  primaryCategory?: string | number | null;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(200)
  @IsCode(100, { each: true })
  categories?: (string | number)[] | null;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => ImageBody)
  images?: ImageBody[] | null;
}

/** Some fields of a product set. */
export class ProductSetPatch extends PartialType(ProductSetBody) {}

export class ProductSetView extends ProductSetBody {
  @IsInt()
  id!: number;

  /** Grows with every change. */
  @IsInt()
  version!: number;

  @IsInstant()
  updatedAt!: string;

  /** As an import has stated it; products created without a price take it. */
  @IsOptional()
  @IsMoney()
  price!: string | null;

  @IsArray()
  @IsString({ each: true })
  tags!: string[];

  /** Ids of product sets that an import has related to this one. */
  @IsArray()
  @IsInt({ each: true })
  related!: number[];

  /** The shop's id of it, once it has one. */
  @IsOptional()
  @IsString()
  srcId!: string | null;
}

/** A product set as it is stored: a body with nothing left open; without a seller when an import has named none. */
export interface ProductSetRecord {
  id: number;
  sellerId: number | null;
  name: string;
  brand: string | null;
  attributeSet: string | null;
  primaryCategory: string | null;
  categories: string[];
  images: ImageBody[];
}

export const PRODUCT_SET_SHAPE: RowShape = {
  table: 'product_set',
  fields: {
    sellerId: 'bigint',
    name: 'text',
    brand: 'text',
    attributeSet: 'text',
    primaryCategory: 'text',
    categories: 'text[]',
    images: 'jsonb',
  },
};

export function toProductSetRecord(
  id: number,
  body: Omit<ProductSetBody, 'sellerId'> & { sellerId: number | null },
): ProductSetRecord {
  return {
    id,
    sellerId: body.sellerId,
    name: body.name,
    brand: toCode(body.brand),
    attributeSet: toCode(body.attributeSet),
    primaryCategory: toCode(body.primaryCategory),
    categories: [...new Set((body.categories ?? []).map(String))],
    images: (body.images ?? []).map(({ url, hash }) => ({ url, hash })),
  };
}

/** Codes are compared as text, whatever they were sent as. */
export function toCode(code: string | number | null | undefined): string | null {
  return code === null || code === undefined ? null : String(code);
}
