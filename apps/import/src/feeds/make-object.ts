import type { FieldValue } from '@lockstep/contracts';
import type { ImportTypes, LinkTagRule, ObjectTypeRule } from '../import-types/import-types.js';
import type { FeedError, FeedItem, FeedLink, FeedObject, ImportErrorCode, LinkEnd, Place } from './feed-item.js';
import { feedError } from './feed-item.js';
import type { FeedLimits } from './feed-limits.js';
import type { JsonValue } from './jsonl/parse-json.js';
import { readValue, unstorable } from './read-value.js';

/** A value as it was found, and where. */
export interface FoundValue {
  readonly column: string;
  readonly raw: JsonValue;
}

/** An object as a record shows it. */
export interface FoundObject {
  readonly place: Place;
  readonly objectType: string;
  readonly rule: ObjectTypeRule;
  /** '' where there is none. */
  readonly reference: string;
  readonly referenceColumn: string;
  /** By field; only fields of the type, and only those that are given. */
  readonly values: ReadonlyMap<string, FoundValue>;
  /** Column of a field that is not given, for the error. */
  readonly columnOf: (field: string) => string;
  readonly identifierIds: Readonly<Record<string, string>>;
  /** Defined even without a value. @default false */
  readonly isDefined?: boolean;
}

/** The item of an object, with all that is wrong with it. */
export function makeObject(found: FoundObject, limits: FeedLimits): FeedObject {
  const { place, objectType, rule } = found;
  const errors: FeedError[] = [];
  const fail = (code: ImportErrorCode, message: string, column: string, field?: string): void => {
    errors.push({ code, severity: 'error', message, place: { ...place, column }, ...(field ? { field } : {}) });
  };
  const reference = checkReference(found, limits, fail);
  const identifierIds = Object.keys(found.identifierIds).length > 0 ? found.identifierIds : null;
  for (const [name, id] of Object.entries(found.identifierIds)) {
    const fault = referenceFault(id, limits);
    if (fault) fail('INVALID_VALUE', `${name} ${fault}`, name);
  }
  const isDefined = found.isDefined || found.values.size > 0 || Object.keys(rule.fields).length === 0;
  if (!isDefined) return { kind: 'object', place, objectType, reference, fields: null, identifierIds, errors };
  const fields: Record<string, FieldValue> = {};
  for (const [field, { column, raw }] of found.values) {
    const read = readValue(rule.fields[field]!, raw);
    if ('value' in read) fields[field] = read.value;
    else fail('INVALID_VALUE', `${field} ${read.fault}`, column, field);
  }
  if (!identifierIds) {
    for (const field of missingFields(found)) {
      fail('MISSING_REQUIRED_FIELD', `${objectType} needs ${field}`, found.columnOf(field), field);
    }
  }
  return { kind: 'object', place, objectType, reference, fields, identifierIds, errors };
}

type Fail = (code: ImportErrorCode, message: string, column: string) => void;

function checkReference(found: FoundObject, limits: FeedLimits, fail: Fail): string | null {
  if (found.reference === '') {
    fail('MISSING_REFERENCE', `${found.objectType} has no reference`, found.referenceColumn);
    return null;
  }
  const fault = referenceFault(found.reference, limits);
  if (!fault) return found.reference;
  fail('INVALID_VALUE', `the reference ${fault}`, found.referenceColumn);
  return null;
}

/** Why a text can be no reference, or null. */
function referenceFault(reference: string, { maxReferenceLength }: FeedLimits): string | null {
  if (reference.length > maxReferenceLength) return `is longer than ${maxReferenceLength} characters`;
  return unstorable(reference);
}

/** One fault is told once: a field whose column is the missing reference's is not told again. */
function missingFields(found: FoundObject): string[] {
  return Object.entries(found.rule.fields)
    .filter(([field, { required }]) => required && !found.values.has(field))
    .map(([field]) => field)
    .filter((field) => found.reference !== '' || found.columnOf(field) !== found.referenceColumn);
}

/** A link as a record shows it. */
export interface FoundLink {
  readonly place: Place;
  readonly tag: string;
  readonly child: LinkEnd;
  readonly parent: LinkEnd;
  readonly properties?: Readonly<Record<string, FieldValue>>;
}

/** The item of a link; an `error` where a reference is none. */
export function makeLink(found: FoundLink, types: ImportTypes, limits: FeedLimits): FeedItem {
  const { place, tag, child, parent } = found;
  for (const end of [child, parent]) {
    const fault = referenceFault(end.reference, limits);
    if (fault) return feedError('INVALID_VALUE', place, `the reference of ${tag} ${fault}`);
  }
  const errors: FeedError[] = [];
  const fail = (code: ImportErrorCode, message: string): void => {
    errors.push({ code, severity: 'error', message, place });
  };
  const rule = linkTagOf(types, tag);
  if (!rule) fail('INVALID_LINK_TAG', `there is no link tag "${tag}"`);
  else if (rule.child !== child.objectType || rule.parent !== parent.objectType) {
    const ends = `${child.objectType} to ${parent.objectType}`;
    fail('INVALID_LINK_TAG', `${tag} links ${rule.child} to ${rule.parent}, not ${ends}`);
  } else if (isForbiddenSelfLink(rule, child, parent)) {
    fail('SELF_LINK_NOT_ALLOWED', `${tag} may not link ${child.objectType} ${child.reference} to itself`);
  }
  const properties = found.properties && Object.keys(found.properties).length > 0 ? found.properties : null;
  return { kind: 'link', place, tag, child, parent, properties, errors } satisfies FeedLink;
}

/** A dependent one is a cycle, which planning finds with all the others. */
function isForbiddenSelfLink(rule: LinkTagRule, child: LinkEnd, parent: LinkEnd): boolean {
  if (rule.linkType === 'Dependent' || rule.allowSelf) return false;
  return child.objectType === parent.objectType && child.reference === parent.reference;
}

/** By name, never by what every object inherits. */
export function objectTypeOf(types: ImportTypes, name: string): ObjectTypeRule | undefined {
  return Object.hasOwn(types.objectTypes, name) ? types.objectTypes[name] : undefined;
}

export function linkTagOf(types: ImportTypes, tag: string): LinkTagRule | undefined {
  return Object.hasOwn(types.linkTags, tag) ? types.linkTags[tag] : undefined;
}
