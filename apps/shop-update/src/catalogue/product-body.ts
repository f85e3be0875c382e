import { IsAttributes, IsCode, IsDayOrInstant, IsInstant, IsMoney, IsStorableText } from '@lockstep/contracts';
import { PartialType } from '@nestjs/mapped-types';
import { Type } from 'class-transformer';
import { IsArray, IsIn, IsInt, IsNotEmpty, IsOptional, IsString, Max, Min, ValidateNested } from 'class-validator';
import { toCode } from './product-set-body.js';
import type { RowShape } from './row-shape.js';

export const PRODUCT_STATUSES = ['active', 'inactive', 'deleted'] as const;
export const QC_STATUSES = ['pending', 'approved', 'rejected'] as const;
/** What the shop knows of a product beyond its own fields, by the shop's id of the attribute. */
type Attributes = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;
type ProductStatus = (typeof PRODUCT_STATUSES)[number];
type QcStatus = (typeof QC_STATUSES)[number];

const MAX_STOCK = 2_147_483_647;

/** One variation of a product set: what is sold. */
export class ProductBody {
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  productSetId!: number;

  /** Unique among the products of one seller. */
  @IsStorableText(200)
  @IsNotEmpty()
  sellerSku!: string;

  /** Absent: the set's name tells what it is. */
  @IsOptional()
  @IsStorableText(500)
  title?: string | null;

  @IsOptional()
  @IsStorableText(100_000)
  description?: string | null;

  @IsOptional()
  @IsMoney()
  price?: string | null;

  @IsOptional()
  @IsMoney()
  specialPrice?: string | null;

  @IsOptional()
  @IsDayOrInstant()
  specialFromDate?: string | null;

  @IsOptional()
  @IsDayOrInstant()
  specialToDate?: string | null;

  /** Absent: none. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(MAX_STOCK)
  stock?: number | null;

  /** Absent: none. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(MAX_STOCK)
  consignmentStock?: number | null;

  /** Absent: active. */
  @IsOptional()
  @IsIn([...PRODUCT_STATUSES])
  status?: ProductStatus | null;

  /** Absent: pending. */
  @IsOptional()
  @IsIn([...QC_STATUSES])
  qcStatus?: QcStatus | null;

  @IsOptional()
  @IsCode(50)
  ean?: string | number | null;

  @IsOptional()
  @IsCode()
  taxClass?: string | number | null;

  @IsOptional()
  @IsCode()
  shipmentType?: string | number | null;

  @IsOptional()
  @IsAttributes()
  attributes?: Attributes | null;
}

/** Some fields of a product. */
export class ProductPatch extends PartialType(ProductBody) {}

export class LocationStock {
  @IsInt()
  locationId!: number;

  @IsInt()
  quantity!: number;
}

export class ProductView extends ProductBody {
  @IsInt()
  id!: number;

  /** Grows with every change. */
  @IsInt()
  version!: number;

  @IsInstant()
  updatedAt!: string;

  /** What the shop calls it, once it has said so; then its id there, and when it last took something of it. */
  @IsOptional()
  @IsString()
  shopSku!: string | null;

  @IsOptional()
  @IsString()
  srcId!: string | null;

  @IsOptional()
  @IsString()
  srcUpdatedAt!: string | null;

  /** Where an import has placed stock of it. */
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => LocationStock)
  locations!: LocationStock[];
}

/** A product as it is stored: a body with nothing left open. */
export interface ProductRecord {
  id: number;
  productSetId: number;
  sellerSku: string;
  title: string | null;
  description: string | null;
  price: string | null;
  specialPrice: string | null;
  specialFromDate: string | null;
  specialToDate: string | null;
  stock: number;
  consignmentStock: number;
  status: ProductStatus;
  qcStatus: QcStatus;
  ean: string | null;
  taxClass: string | null;
  shipmentType: string | null;
  attributes: Attributes;
}

export const PRODUCT_SHAPE: RowShape = {
  table: 'product',
  fields: {
    productSetId: 'bigint',
    sellerSku: 'text',
    title: 'text',
    description: 'text',
    price: 'numeric(14, 2)',
    specialPrice: 'numeric(14, 2)',
    specialFromDate: 'text',
    specialToDate: 'text',
    stock: 'integer',
    consignmentStock: 'integer',
    status: 'text',
    qcStatus: 'text',
    ean: 'text',
    taxClass: 'text',
    shipmentType: 'text',
    attributes: 'jsonb',
  },
};

export function toProductRecord(id: number, body: ProductBody): ProductRecord {
  return {
    id,
    productSetId: body.productSetId,
    sellerSku: body.sellerSku,
    title: body.title ?? null,
    description: body.description ?? null,
    price: body.price ?? null,
    specialPrice: body.specialPrice ?? null,
    specialFromDate: body.specialFromDate ?? null,
    specialToDate: body.specialToDate ?? null,
    stock: body.stock ?? 0,
    consignmentStock: body.consignmentStock ?? 0,
    status: body.status ?? 'active',
    qcStatus: body.qcStatus ?? 'pending',
    ean: toCode(body.ean),
    taxClass: toCode(body.taxClass),
    shipmentType: toCode(body.shipmentType),
    attributes: body.attributes ?? {},
  };
}
