import { IsInstant } from '@lockstep/contracts';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { FIELD_TYPES, type FieldType } from './import-types.js';

/** A field of an object type. */
export class FieldRuleBody {
  @IsIn([...FIELD_TYPES])
  type!: FieldType;

  @IsOptional()
  @IsBoolean()
  required?: boolean | null;

  @IsOptional()
  @IsBoolean()
  list?: boolean | null;

  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(30)
  scale?: number | null;

  @IsOptional()
  @IsNumber()
  min?: number | null;

  @IsOptional()
  @IsNumber()
  max?: number | null;

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  maxLength?: number | null;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(1_000)
  @IsString({ each: true })
  values?: string[] | null;
}

/** Who a service is in routing keys. */
const SERVICE = /^[a-z][a-z0-9-]{0,49}$/;

export class ObjectTypeBody {
  @Matches(SERVICE)
  service!: string;

  /** @default the name of the type */
  @IsOptional()
  @IsString()
  @Length(1, 100)
  ownerType?: string | null;

  /** By name. */
  @IsOptional()
  @IsObject()
  fields?: Record<string, FieldRuleBody> | null;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(20)
  @IsString({ each: true })
  @MaxLength(100, { each: true })
  identifiers?: string[] | null;
}

export class LinkTagBody {
  @IsString()
  @Length(1, 100)
  child!: string;

  @IsString()
  @Length(1, 100)
  parent!: string;

  @IsIn(['Dependent', 'Independent'])
  linkType!: 'Dependent' | 'Independent';

  @IsOptional()
  @IsBoolean()
  separateDependentLinkCreate?: boolean | null;

  @IsOptional()
  @Matches(SERVICE)
  service?: string | null;

  @IsOptional()
  @IsBoolean()
  required?: boolean | null;

  @IsOptional()
  @IsBoolean()
  allowSelf?: boolean | null;

  @IsOptional()
  @IsBoolean()
  deferrable?: boolean | null;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  @MaxLength(100, { each: true })
  properties?: string[] | null;
}

/** What may be imported: object types and link tags, each by name. */
export class ImportTypesBody {
  /** Each `{service, ownerType, fields, identifiers}`. */
  @IsObject()
  objectTypes!: object;

  /** Each `{child, parent, linkType, separateDependentLinkCreate, service, required, allowSelf, deferrable, properties}`. */
  @IsObject()
  linkTags!: object;
}

/** The types in force. */
export class ImportTypesView extends ImportTypesBody {
  /** Grows with every change. */
  @IsInt()
  version!: number;

  /** SHA-256 of the types, hexadecimal. */
  @IsString()
  contentHash!: string;

  @IsInstant()
  updatedAt!: string;

  /** Id of the token that changed them last; `lockstep` for the example set. */
  @IsString()
  updatedBy!: string;
}
