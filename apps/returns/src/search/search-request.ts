import { applyDecorators } from '@nestjs/common';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import {
  DATE_FIELDS,
  type DateField,
  FACET_NAMES,
  type FacetName,
  FILTER_FIELDS,
  TAB_NAMES,
  type TabName,
} from './search-fields.js';

const MAX_VALUES = 200;
const MAX_IDS = 1_000;
const SORT = /^-?[A-Za-z]+$|^[A-Za-z]+[: ](asc|desc)$/;

/** Any of several texts. */
function Texts(values?: readonly string[]): PropertyDecorator {
  const each = values ? IsIn([...values], { each: true }) : MaxLength(500, { each: true });
  return applyDecorators(IsOptional(), IsArray(), ArrayMaxSize(MAX_VALUES), each);
}

/** The filters. Values of one are alternatives; all filters hold together, those of items in the same item. */
export class ReturnFilters {
  @Texts(FILTER_FIELDS.status.values)
  status?: string[] | null;

  @Texts(FILTER_FIELDS.itemStatus.values)
  itemStatus?: string[] | null;

  @Texts(FILTER_FIELDS.returnType.values)
  returnType?: string[] | null;

  @Texts()
  portal?: string[] | null;

  @Texts()
  salesChannel?: string[] | null;

  @Texts()
  brand?: string[] | null;

  @Texts()
  paymentType?: string[] | null;

  @Texts()
  fulfilmentCenter?: string[] | null;

  @Texts()
  courier?: string[] | null;

  @Texts()
  returnReason?: string[] | null;

  @Texts(FILTER_FIELDS.itemCondition.values)
  itemCondition?: string[] | null;

  @Texts()
  accountSlug?: string[] | null;

  @Texts()
  workspace?: string[] | null;

  @Texts()
  tag?: string[] | null;

  @IsOptional()
  @IsBoolean()
  isCOD?: boolean | null;

  @IsOptional()
  @IsBoolean()
  needAttention?: boolean | null;

  /** Not completed although it should be by now. */
  @IsOptional()
  @IsBoolean()
  delayed?: boolean | null;

  /** The whole number, however it is written. Needs the scope `pii:read`. */
  @IsOptional()
  @IsString()
  @MaxLength(50)
  customerPhone?: string | null;

  /** The whole address. Needs the scope `pii:read`. */
  @IsOptional()
  @IsString()
  @MaxLength(320)
  customerEmail?: string | null;
}

/** What is asked for besides filters, in a body. */
export class ReturnSearchBody {
  /** Numbers and codes exactly; where there is none, words of products and beginnings of numbers. At most 512 bytes. */
  @IsOptional()
  @IsString()
  query?: string | null;

  @IsOptional()
  @ValidateNested()
  @Type(() => ReturnFilters)
  filters?: ReturnFilters | null;

  /** What `from` and `to` are about: createdAt unless told otherwise. */
  @IsOptional()
  @IsIn([...DATE_FIELDS])
  dateField?: DateField | null;

  /** RFC 3339, or `yyyy-MM-dd HH:mm:ss` in the zone `tz`; included. */
  @IsOptional()
  @IsString()
  from?: string | null;

  /** As `from`; not included. */
  @IsOptional()
  @IsString()
  to?: string | null;

  /** As in the time zone database: `Asia/Kolkata`. UTC unless told otherwise. */
  @IsOptional()
  @IsString()
  @MaxLength(100)
  tz?: string | null;

  @IsOptional()
  @IsIn(TAB_NAMES)
  tab?: TabName | null;

  /** Names of filters: how many returns there would be for each value, were that filter not set. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(20)
  @IsIn([...FACET_NAMES], { each: true })
  facets?: FacetName[] | null;

  /** What facets of items count: returns that have such an item, or the items. */
  @IsOptional()
  @IsIn(['return', 'item'])
  facetLevel?: 'return' | 'item' | null;

  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1_000)
  maxValuesPerFacet?: number | null;

  /** `createdAt`, `statusUpdatedAt`, `receivedAt`, `completedAt` or `refundAmount`; with `-` before it the largest first. */
  @IsOptional()
  @Matches(SORT)
  sort?: string | null;

  /** From 0. */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  page?: number | null;

  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1_000)
  hitsPerPage?: number | null;

  /** Of the answer before, instead of `page`: goes further than pages do. */
  @IsOptional()
  @IsString()
  @MaxLength(16_384)
  cursor?: string | null;

  /** `item`: a hit for each item that meets the filters; pages are still cut by returns. */
  @IsOptional()
  @IsIn(['return', 'item'])
  granularity?: 'return' | 'item' | null;

  /** Also returns that are gone. For admins. */
  @IsOptional()
  @IsBoolean()
  includeTombstones?: boolean | null;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_IDS)
  @IsInt({ each: true })
  @Min(1, { each: true })
  @Max(Number.MAX_SAFE_INTEGER, { each: true })
  ids?: number[] | null;

  /** Each of `ids` is shown in this version or a newer one, or 409 after two seconds. */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  minVersion?: number | null;

  /** Fields of the answer; `returnId` is always there. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @MaxLength(100, { each: true })
  attributesToRetrieve?: string[] | null;
}
