import { findMisfitOf } from './find-misfit.js';
import type { FieldDefinition, FieldDefinitions } from './index-schema.js';

type Json = Readonly<Record<string, unknown>>;

/**
 * What of a document an index of these fields can store: fields that it has, with values that fit them. So a document of a
 * newer program reaches an index that an older one made; the rest comes with the next rebuild.
 */
export function fitDocument(fields: FieldDefinitions, document: Json): Record<string, unknown> {
  const fitting = Object.entries(document).flatMap(([name, value]) => {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    const part = field === undefined ? undefined : fitValue(field, value);
    return part === undefined ? [] : [[name, part] as const];
  });
  return Object.fromEntries(fitting);
}

/** Undefined where nothing fits. */
function fitValue(field: FieldDefinition, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((part) => fitValue(field, part)).filter((part) => part !== undefined);
  if ('fields' in field && isObject(value)) return fitDocument(field.fields, value);
  return findMisfitOf(field, value, '') === undefined ? value : undefined;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}
