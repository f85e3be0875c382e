import type { CopyValue } from '@lockstep/database';
import type { FeedError, FeedLink, FeedObject } from '../feeds/feed-item.js';
import type { TypePositions } from '../planning/type-positions.js';

export const OBJECT_COLUMNS = [
  'batch_id',
  'staged_no',
  'object_type',
  'reference',
  'fields',
  'identifier_ids',
  'file_no',
  'row_no',
  'line',
  'column_name',
  'errors',
] as const;

export const LINK_COLUMNS = [
  'batch_id',
  'staged_no',
  'tag',
  'child_type',
  'child_reference',
  'parent_type',
  'parent_reference',
  'properties',
  'file_no',
  'row_no',
  'line',
  'column_name',
  'errors',
] as const;

export const ERROR_COLUMNS = [
  'batch_id',
  'severity',
  'code',
  'message',
  'file_no',
  'row_no',
  'line',
  'column_name',
  'field',
] as const;

/** Null when the type is unknown: then its errors are all that can be kept of it. */
export function toObjectRow(
  batchId: string,
  stagedNo: number,
  { place, objectType, reference, fields, identifierIds, errors }: FeedObject,
  positions: TypePositions,
): CopyValue[] | null {
  const type = positions.type(objectType);
  if (type < 0) return null;
  const { fileNo, row, line, column } = place;
  const content = [sortedJson(fields), sortedJson(identifierIds)];
  return [batchId, stagedNo, type, clean(reference), ...content, fileNo, row, line, clean(column), faults(errors)];
}

/** Null when its tag or a type is unknown: then its errors are all that can be kept of it. */
export function toLinkRow(
  batchId: string,
  stagedNo: number,
  { place, tag, child, parent, properties, errors }: FeedLink,
  positions: TypePositions,
): CopyValue[] | null {
  const position = positions.tag(tag);
  const childType = positions.type(child.objectType);
  const parentType = positions.type(parent.objectType);
  if (position < 0 || childType < 0 || parentType < 0) return null;
  const ends = [childType, clean(child.reference), parentType, clean(parent.reference)];
  const { fileNo, row, line, column } = place;
  const where = [fileNo, row, line, clean(column)];
  return [batchId, stagedNo, position, ...ends, sortedJson(properties), ...where, faults(errors)];
}

export function toErrorRow(batchId: string, { severity, code, message, place, field }: FeedError): CopyValue[] {
  const { fileNo, row, line, column } = place;
  return [batchId, severity, code, clean(message), fileNo, row, line, clean(column), clean(field ?? null)];
}

/** The same content is the same text, whatever order a feed says it in. */
function sortedJson(content: Readonly<Record<string, unknown>> | null): string | null {
  if (content === null) return null;
  const names = Object.keys(content);
  if (names.every((name, index) => index === 0 || (names[index - 1] as string) <= name)) return JSON.stringify(content);
  return JSON.stringify(Object.fromEntries(names.sort().map((name) => [name, content[name]])));
}

/** PostgreSQL's text has no NUL. */
function clean(text: string | null): string | null {
  return text?.includes('\0') ? text.replaceAll('\0', '\u{FFFD}') : text;
}

function faults(errors: readonly FeedError[]): string | null {
  if (errors.length === 0) return null;
  return JSON.stringify(errors.map((error) => ({ ...error, message: clean(error.message) })));
}
