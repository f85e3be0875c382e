import type { FieldDefinition, FieldDefinitions, IndexSchema, ScalarField } from '../schema/index-schema.js';

/** Why a source cannot be stored in an index of this schema, or undefined. */
export function findMisfit(schema: IndexSchema, source: unknown): string | undefined {
  if (!isObject(source)) return 'The source is no object.';
  const { lockstep, ...document } = source;
  if (!isObject(lockstep)) return 'The technical fields are missing.';
  return findMisfitIn(schema.fields, document, '');
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

function findMisfitOf(field: FieldDefinition, value: unknown, path: string): string | undefined {
  if (value === null || field.type === 'stored') return undefined;
  if (Array.isArray(value)) {
    return value.map((element) => findMisfitOf(field, element, path)).find((misfit) => misfit !== undefined);
  }
  if ('fields' in field) {
    return isObject(value) ? findMisfitIn(field.fields, value, `${path}.`) : `'${path}' is no object.`;
  }
  return ACCEPTS[field.type](value) ? undefined : `'${path}' is no ${field.type}.`;
}

const ACCEPTS: Readonly<Record<ScalarField['type'], (value: unknown) => boolean>> = {
  keyword: (value) => !isObject(value),
  long: Number.isSafeInteger,
  double: Number.isFinite,
  boolean: (value) => typeof value === 'boolean',
  date: (value) => /^\d{4}-\d{2}-\d{2}$/.test(String(value)) && !Number.isNaN(Date.parse(String(value))),
  instant: (value) => /^\d{4}-.*T.*(Z|[+-]\d\d:\d\d)$/.test(String(value)) && !Number.isNaN(Date.parse(String(value))),
};

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
