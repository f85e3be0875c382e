import { Type } from 'class-transformer';
import { IsArray, IsIn, IsInt, IsObject, IsOptional, IsString, ValidateNested } from 'class-validator';
import { LINK_KINDS, LINK_STATUSES, OBJECT_STATUSES } from '../statuses.js';
import type { BatchFile } from './batch.js';
import type { BatchErrorRow } from './batch-error.store.js';
import type { ObjectReference } from './blocker.store.js';
import type { ItemFault, LinkRow, ObjectRow } from './item.store.js';
import type { ItemNames } from './item-names.js';

/** An object that another one is about. */
export class ReferredObjectAnswer {
  @IsString()
  pendingObjectId!: string;

  @IsString()
  objectType!: string;

  @IsOptional()
  @IsString()
  referenceId!: string | null;

  @IsIn([...OBJECT_STATUSES])
  status!: string;
}

/** A record that says an object. */
export class ItemPlaceAnswer {
  @IsInt()
  fileNo!: number;

  @IsOptional()
  @IsString()
  file!: string | null;

  @IsInt()
  rowNumber!: number;
}

/** An object of a batch as it is served. */
export class PendingObjectAnswer {
  @IsString()
  pendingObjectId!: string;

  @IsString()
  objectType!: string;

  @IsOptional()
  @IsString()
  referenceId!: string | null;

  @IsIn(['create', 'update', 'reference'])
  action!: string;

  @IsIn([...OBJECT_STATUSES])
  status!: string;

  /** -1: can never be made. */
  @IsInt()
  level!: number;

  @IsOptional()
  @IsObject()
  identifierIds!: object | null;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => ItemPlaceAnswer)
  places!: ItemPlaceAnswer[];

  @IsArray()
  errors!: readonly ItemFault[];

  /** Parents that are not at their end; the first ten. */
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => ReferredObjectAnswer)
  waitingFor!: ReferredObjectAnswer[];

  /** What failed by itself and is needed, over however many others; the first ten. */
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => ReferredObjectAnswer)
  blockedBy!: ReferredObjectAnswer[];
}

/** A link of a batch as it is served. */
export class PendingLinkAnswer {
  @IsString()
  pendingLinkId!: string;

  @IsString()
  linkTag!: string;

  /** How it waits: in the message of its child, after its child, or for both its ends. */
  @IsIn([...LINK_KINDS])
  kind!: string;

  @IsIn([...new Set([...LINK_STATUSES, ...OBJECT_STATUSES])])
  status!: string;

  @IsOptional()
  @ValidateNested()
  @Type(() => ReferredObjectAnswer)
  child!: ReferredObjectAnswer | null;

  @IsOptional()
  @ValidateNested()
  @Type(() => ReferredObjectAnswer)
  parent!: ReferredObjectAnswer | null;

  @IsArray()
  errors!: readonly ItemFault[];

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => ReferredObjectAnswer)
  waitingFor!: ReferredObjectAnswer[];

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => ReferredObjectAnswer)
  blockedBy!: ReferredObjectAnswer[];
}

/** Something wrong with a batch, as it is served. */
export class BatchErrorAnswer {
  @IsIn(['error', 'warning'])
  severity!: string;

  @IsString()
  code!: string;

  @IsString()
  message!: string;

  @IsOptional()
  @IsInt()
  fileNo!: number | null;

  @IsOptional()
  @IsString()
  file!: string | null;

  /** Of the record in its file, from 1, title row included. */
  @IsOptional()
  @IsInt()
  rowNumber!: number | null;

  /** On which the record begins. */
  @IsOptional()
  @IsInt()
  line!: number | null;

  @IsOptional()
  @IsString()
  column!: string | null;

  @IsOptional()
  @IsString()
  field!: string | null;

  @IsOptional()
  @IsString()
  pendingObjectId!: string | null;

  @IsOptional()
  @IsString()
  pendingLinkId!: string | null;

  @IsOptional()
  @IsString()
  objectType!: string | null;

  @IsOptional()
  @IsString()
  referenceId!: string | null;
}

/** What rows of a batch need to become answers. */
export interface AnswerContext {
  readonly batchId: string;
  readonly names: ItemNames;
  readonly files: readonly BatchFile[];
  readonly waitingFor: ReadonlyMap<number, readonly ObjectReference[]>;
  readonly blockedBy: ReadonlyMap<number, readonly ObjectReference[]>;
}

export function toObjectAnswer(row: ObjectRow, context: AnswerContext): PendingObjectAnswer {
  return {
    pendingObjectId: `${context.batchId}:${row.objNo}`,
    objectType: context.names.type(row.objectType),
    referenceId: row.reference,
    action: row.action,
    status: OBJECT_STATUSES[row.status] as string,
    level: row.level,
    identifierIds: row.identifierIds,
    places: toPlaces(row.places, context.files),
    errors: row.errors ?? [],
    waitingFor: refer(context.waitingFor.get(row.objNo), context),
    blockedBy: refer(context.blockedBy.get(row.objNo), context),
  };
}

function toPlaces(places: readonly number[], files: readonly BatchFile[]): ItemPlaceAnswer[] {
  return places.flatMap((fileNo, at) => {
    if (at % 2 === 1) return [];
    const file = files.find((each) => each.fileNo === fileNo)?.name ?? null;
    return [{ fileNo, file, rowNumber: places[at + 1] as number }];
  });
}

function toReferred(object: ObjectReference, { batchId, names }: AnswerContext): ReferredObjectAnswer {
  return {
    pendingObjectId: `${batchId}:${object.objNo}`,
    objectType: names.type(object.objectType),
    referenceId: object.reference,
    status: OBJECT_STATUSES[object.status] as string,
  };
}

function refer(objects: readonly ObjectReference[] | undefined, context: AnswerContext): ReferredObjectAnswer[] {
  return (objects ?? []).map((object) => toReferred(object, context));
}

const COMPLETE = OBJECT_STATUSES.indexOf('complete');
const BLOCKED = OBJECT_STATUSES.indexOf('blocked');

/** `ends`: all objects that links of the page are between. */
export function toLinkAnswer(
  row: LinkRow,
  ends: ReadonlyMap<number, ObjectReference>,
  context: AnswerContext,
): PendingLinkAnswer {
  const both = [ends.get(row.childNo), ends.get(row.parentNo)].flatMap((end) => end ?? []);
  const [child, parent] = [ends.get(row.childNo), ends.get(row.parentNo)];
  const failed = both.filter(({ status }) => status > COMPLETE);
  const causes = failed.flatMap((end) => (end.status === BLOCKED ? (context.blockedBy.get(end.objNo) ?? []) : [end]));
  return {
    pendingLinkId: `${context.batchId}:L${row.linkNo}`,
    linkTag: context.names.tag(row.tag),
    kind: LINK_KINDS[row.kind] as string,
    status: row.status,
    child: child ? toReferred(child, context) : null,
    parent: parent ? toReferred(parent, context) : null,
    errors: row.errors ?? [],
    waitingFor:
      row.status === 'processing'
        ? refer(
            both.filter(({ status }) => status < COMPLETE),
            context,
          )
        : [],
    blockedBy:
      row.status === 'blocked' ? refer([...new Map(causes.map((each) => [each.objNo, each])).values()], context) : [],
  };
}

export function toErrorAnswer(row: BatchErrorRow, batchId: string, names: ItemNames): BatchErrorAnswer {
  return {
    severity: row.severity,
    code: row.code,
    message: row.message,
    fileNo: row.fileNo,
    file: row.file,
    rowNumber: row.row,
    line: row.line,
    column: row.column,
    field: row.field,
    pendingObjectId: row.objNo === null ? null : `${batchId}:${row.objNo}`,
    pendingLinkId: row.linkNo === null ? null : `${batchId}:L${row.linkNo}`,
    objectType: row.objectType === null ? null : names.type(row.objectType),
    referenceId: row.reference,
  };
}
