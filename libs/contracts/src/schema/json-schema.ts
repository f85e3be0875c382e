import 'reflect-metadata';
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { getMetadataStorage, ValidationTypes } from 'class-validator';
import type { ValidationMetadata } from 'class-validator/types/metadata/ValidationMetadata.js';
import { targetConstructorToSchema } from 'class-validator-jsonschema';
import type { PayloadClass } from '../message.js';
import { FIELD_SCHEMAS } from './field-checks.js';

/** A JSON Schema (2020-12 vocabulary that OpenAPI 3.1 shares), as plain data. */
export type JsonSchema = { [keyword: string]: unknown };

type ConverterTable = NonNullable<Parameters<typeof targetConstructorToSchema>[1]>['additionalConverters'];

const UNSUPPORTED: Record<string, string> = {
  [ValidationTypes.CONDITIONAL_VALIDATION]:
    'ValidateIf cannot be expressed in the schema, messages would be checked differently from requests',
};

/** Converters that differ from the library's because its own disagree with what class-validator accepts. */
const CONVERTERS = {
  ...FIELD_SCHEMAS,
  isInstant: { type: 'string', format: 'instant' },
  isCalendarDate: { type: 'string', format: 'calendar-date' },
  isNotEmpty: { not: { enum: ['', null] } },
  isEnum: (meta: ValidationMetadata): JsonSchema => ({ enum: meta.constraints[1] }),
  min: (meta: ValidationMetadata): JsonSchema => ({ minimum: meta.constraints[0] }),
  max: (meta: ValidationMetadata): JsonSchema => ({ maximum: meta.constraints[0] }),
  matches: (meta: ValidationMetadata): JsonSchema => ({ type: 'string', pattern: patternOf(meta) }),
  isIn: (meta: ValidationMetadata): JsonSchema => ({ enum: valuesOf(meta) }),
  [ValidationTypes.NESTED_VALIDATION]: (meta: ValidationMetadata): JsonSchema => toJsonSchema(nestedClass(meta)),
};

function patternOf(meta: ValidationMetadata): string {
  const pattern = meta.constraints[0] as RegExp;
  if (pattern.flags !== '') throw new Error(`${describe(meta)}: flags of a regular expression are lost in the schema`);
  return pattern.source;
}

function valuesOf(meta: ValidationMetadata): unknown[] {
  const values = meta.constraints[0] as unknown[];
  if (values.includes(null)) throw new Error(`${describe(meta)}: use IsOptional instead of null in IsIn`);
  return values;
}

function describe(meta: ValidationMetadata): string {
  return `${(meta.target as { name: string }).name}.${meta.propertyName}`;
}

function nestedClass(meta: ValidationMetadata): PayloadClass {
  const target = meta.target as PayloadClass;
  const declared = defaultMetadataStorage.findTypeMetadata(target, meta.propertyName);
  if (!declared) throw new Error(`${describe(meta)}: ValidateNested needs @Type(() => Class)`);
  return declared.typeFunction() as PayloadClass;
}

function metadataOf(target: PayloadClass): ValidationMetadata[] {
  return getMetadataStorage().getTargetValidationMetadatas(target, '', true, false);
}

function refuseUnsupported(metadata: ValidationMetadata[]): void {
  for (const meta of metadata) {
    const reason = meta.name === 'isOptional' ? undefined : UNSUPPORTED[meta.type];
    if (reason) throw new Error(`${describe(meta)}: ${reason}`);
  }
}

const built = new WeakMap<PayloadClass, JsonSchema>();

/**
 * The JSON Schema of a class with class-validator decorators, nested classes inlined, unknown properties refused and
 * `@IsOptional()` meaning absent or null, exactly as a request checked by class-validator is treated.
 *
 * @throws Error naming class and property, for decorators whose meaning a schema cannot carry (ValidateIf, flags of a
 * regular expression, null in IsIn, ValidateNested without Type).
 */
export function toJsonSchema(target: PayloadClass): JsonSchema {
  const known = built.get(target);
  if (known) return known;
  const metadata = metadataOf(target);
  refuseUnsupported(metadata);
  const schema = targetConstructorToSchema(target, {
    additionalConverters: CONVERTERS as ConverterTable,
    classTransformerMetadataStorage: defaultMetadataStorage,
  }) as JsonSchema;
  const optional = new Set(metadata.filter((meta) => meta.name === 'isOptional').map((meta) => meta.propertyName));
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>).map(
    ([name, property]) => [name, optional.has(name) ? { anyOf: [property, { type: 'null' }] } : property],
  );
  const result: JsonSchema = {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(schema['required'] ? { required: schema['required'] } : {}),
    additionalProperties: false,
  };
  built.set(target, result);
  return result;
}
