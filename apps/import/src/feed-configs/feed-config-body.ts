import { Type } from 'class-transformer';
import {
  Allow,
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';

const MAX_OBJECTS = 100;
const MAX_LINKS = 100;
/** Of a title, a path, a name. */
const MAX_NAME = 200;

/** How a CSV file is written. The spellings with "Deliminator" and the two after them are other systems' words for the same. */
export class CsvFormatBody {
  /** `auto` (LF or CRLF) or the text itself. @default 'auto' */
  @IsOptional()
  @IsString()
  @Length(1, 4)
  recordDelimiter?: string | null;

  @IsOptional()
  @IsString()
  @Length(1, 4)
  recordDeliminator?: string | null;

  /** @default ',' */
  @IsOptional()
  @IsString()
  @Length(1, 4)
  fieldDelimiter?: string | null;

  @IsOptional()
  @IsString()
  @Length(1, 4)
  fieldDeliminator?: string | null;

  /** One character; empty: the file has no quotes. @default '"' */
  @IsOptional()
  @IsString()
  @MaxLength(1)
  quote?: string | null;

  /** @default the quote itself */
  @IsOptional()
  @IsString()
  @Length(1, 1)
  escape?: string | null;

  @IsOptional()
  @IsString()
  @Length(1, 1)
  escapeString?: string | null;

  /** An escape before anything but quote and escape is left out. @default false */
  @IsOptional()
  @IsBoolean()
  removeFloatingEscapeString?: boolean | null;

  /** Blanks at both ends of a cell are left out. @default true */
  @IsOptional()
  @IsBoolean()
  trim?: boolean | null;

  @IsOptional()
  @IsBoolean()
  removeWhiteSpace?: boolean | null;

  /** Row with the titles of the columns; 0: there is none, and `columns` names them. @default 1 */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(1_000)
  titleRow?: number | null;

  /** Titles of a file without a title row, in its order. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(2_000)
  @IsString({ each: true })
  columns?: string[] | null;

  /** Rows that are left out, counted from 1 with the title row. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(1_000)
  @IsInt({ each: true })
  @Min(1, { each: true })
  ignoreRows?: number[] | null;

  /** Titles as the mapping calls them: `{ "Art.-Nr.": "product_code" }`. */
  @IsOptional()
  @IsObject()
  renameColumns?: Record<string, string> | null;

  @IsOptional()
  @IsObject()
  overwriteColumnName?: Record<string, string> | null;

  /** What an empty cell means: no value, or the empty text. @default 'omit' */
  @IsOptional()
  @IsIn(['omit', 'text'])
  emptyAs?: 'omit' | 'text' | null;
}

/** How an XML file may be written. */
export class XmlFormatBody {
  /** Prefixes must be declared, and mean nothing to the mapping. */
  @IsOptional()
  @IsIn(['ignore'])
  namespaces?: 'ignore' | null;

  @IsOptional()
  @IsIn(['forbid'])
  doctype?: 'forbid' | null;

  /** @default 32 */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(256)
  maxDepth?: number | null;

  /** Characters of one text, also as `512KB` or `1MB`. @default 1048576 */
  @IsOptional()
  @Allow()
  maxTextLength?: number | string | null;
}

/** Where the value of a reference stands: in a column, or in a field of a column pattern. */
export class ReferenceSourceBody {
  @IsOptional()
  @IsString()
  @Length(1, MAX_NAME)
  column?: string | null;

  @IsOptional()
  @IsString()
  @Length(1, MAX_NAME)
  field?: string | null;
}

/** A link of the object (the child) to another (the parent). */
export class LinkMappingBody {
  @IsString()
  @Length(1, MAX_NAME)
  tag!: string;

  /**
   * `{as}` another object of the record; CSV: `{column, split?}`; XML: a path, or `{path, split?}`. `split` is the text
   * between several references.
   */
  @IsNotEmpty()
  to!: unknown;
}

/** Objects of one type in a record. */
export class ObjectMappingBody {
  /** Name within this mapping, for links. @default the type */
  @IsOptional()
  @Matches(/^[A-Za-z][A-Za-z0-9_-]{0,49}$/)
  as?: string | null;

  @IsString()
  @Length(1, 100)
  objectType!: string;

  /** CSV: `{column}` or `{field}`; XML: a path. */
  @IsNotEmpty()
  reference!: unknown;

  /** Field of the object: column (CSV) or path (XML). */
  @IsOptional()
  @IsObject()
  fields?: Record<string, string> | null;

  /** Ids of an object that exists: column or path. */
  @IsOptional()
  @IsObject()
  identifierIds?: Record<string, string> | null;

  /** CSV: columns of several objects a row: a regular expression with the groups `instance` and `field`. */
  @IsOptional()
  @IsString()
  @Length(1, MAX_NAME)
  columns?: string | null;

  /** CSV: field (with `columns`) or column without which there is no such object in the row. */
  @IsOptional()
  @IsString()
  @Length(1, MAX_NAME)
  when?: string | null;

  /** XML: elements below the record, an object each. */
  @IsOptional()
  @IsString()
  @Length(1, MAX_NAME)
  each?: string | null;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_LINKS)
  @ValidateNested({ each: true })
  @Type(() => LinkMappingBody)
  links?: LinkMappingBody[] | null;
}

/** One end of a link in a file of links. */
export class LinkEndMappingBody {
  @IsString()
  @Length(1, 100)
  objectType!: string;

  /** CSV. */
  @IsOptional()
  @IsString()
  @Length(1, MAX_NAME)
  column?: string | null;

  /** XML. */
  @IsOptional()
  @IsString()
  @Length(1, MAX_NAME)
  path?: string | null;
}

/** A link that belongs to no object of the record. */
export class RelationshipMappingBody {
  @IsString()
  @Length(1, MAX_NAME)
  tag!: string;

  @ValidateNested()
  @Type(() => LinkEndMappingBody)
  @IsObject()
  child!: LinkEndMappingBody;

  @ValidateNested()
  @Type(() => LinkEndMappingBody)
  @IsObject()
  parent!: LinkEndMappingBody;

  /** Property of the link: column or path. */
  @IsOptional()
  @IsObject()
  properties?: Record<string, string> | null;
}

/** XML: what one kind of record element holds. */
export class XmlRecordMappingBody {
  /** From the root: `/catalog/product`. */
  @IsString()
  @Length(2, MAX_NAME)
  path!: string;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_OBJECTS)
  @ValidateNested({ each: true })
  @Type(() => ObjectMappingBody)
  objects?: ObjectMappingBody[] | null;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_OBJECTS)
  @ValidateNested({ each: true })
  @Type(() => RelationshipMappingBody)
  relationships?: RelationshipMappingBody[] | null;
}

/** What the columns of a CSV file, or the elements of an XML file, mean. JSONL needs none. */
export class FeedConfigBody {
  /** In a stored configuration the one of its address. */
  @IsOptional()
  @IsString()
  @MaxLength(100)
  feedConfigId?: string | null;

  @IsIn(['csv', 'xml'])
  importType!: 'csv' | 'xml';

  @IsOptional()
  @ValidateNested()
  @Type(() => CsvFormatBody)
  csv?: CsvFormatBody | null;

  @IsOptional()
  @ValidateNested()
  @Type(() => XmlFormatBody)
  xml?: XmlFormatBody | null;

  /** References are kept for later imports of the user, and looked up there. @default false */
  @IsOptional()
  @IsBoolean()
  useUserReference?: boolean | null;

  /** What becomes of a column that the mapping does not name: a warning once a column, or nothing. @default 'warn' */
  @IsOptional()
  @IsIn(['warn', 'ignore'])
  onUnknownColumn?: 'warn' | 'ignore' | null;

  /** CSV. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_OBJECTS)
  @ValidateNested({ each: true })
  @Type(() => ObjectMappingBody)
  objects?: ObjectMappingBody[] | null;

  /** CSV. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_OBJECTS)
  @ValidateNested({ each: true })
  @Type(() => RelationshipMappingBody)
  relationships?: RelationshipMappingBody[] | null;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_OBJECTS)
  @ValidateNested({ each: true })
  @Type(() => RelationshipMappingBody)
  floatingRelationships?: RelationshipMappingBody[] | null;

  /** XML. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_OBJECTS)
  @ValidateNested({ each: true })
  @Type(() => XmlRecordMappingBody)
  records?: XmlRecordMappingBody[] | null;
}
