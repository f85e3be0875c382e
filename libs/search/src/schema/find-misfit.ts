import { isFilterValue } from '../query/filter-values.js';
import type { FieldDefinition, FieldDefinitions, IndexSchema, ScalarField } from './index-schema.js';

/** Longest keyword, in bytes: the longest term that Elasticsearch takes. */
const MAX_KEYWORD_BYTES = 32_766;

/** Why a source cannot be stored in an index of this schema, or undefined. */
export function findMisfit(schema: Pick<IndexSchema, 'fields'>, source: unknown): string | undefined {
  if (!isObject(source)) return 'The source is no object.';
  const { lockstep, ...document } = source;
  const misfit = findMisfitIn(schema.fields, document, '');
  return misfit ?? (isObject(lockstep) ? undefined : 'The technical fields are missing.');
}

function findMisfitIn(fields: FieldDefinitions, value: Record<string, unknown>, prefix: string): string | undefined {
  for (const [name, part] of Object.entries(value)) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined) return `There is no field '${prefix}${name}'.`;
    const misfit = findMisfitOf(field, part, prefix + name);
    if (misfit !== undefined) return misfit;
  }
  return undefined;
}

/** Why a value cannot be stored in this field, or undefined. */
export function findMisfitOf(field: FieldDefinition, value: unknown, path: string): string | undefined {
  if (value === null || field.type === 'stored') return undefined;
  if (Array.isArray(value)) {
    return value.map((element) => findMisfitOf(field, element, path)).find((misfit) => misfit !== undefined);
  }
  if ('fields' in field) {
    return isObject(value) ? findMisfitIn(field.fields, value, `${path}.`) : `'${path}' is no object.`;
  }
  return isStorable(field.type, value) ? undefined : `'${path}' is no ${field.type} that can be stored.`;
}

function isStorable(type: ScalarField['type'], value: unknown): boolean {
  if (type === 'date') return isWrittenAsDate(value);
  if (type !== 'keyword') return isFilterValue(type, value);
  if (typeof value !== 'string') return !isObject(value);
  return value.length * 3 <= MAX_KEYWORD_BYTES || Buffer.byteLength(value) <= MAX_KEYWORD_BYTES;
}

/** Days beyond the end of their month are taken for days of the next, as Elasticsearch does. */
function isWrittenAsDate(value: unknown): boolean {
  return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
