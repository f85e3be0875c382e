import { ValidateBy, type ValidationOptions } from 'class-validator';
import { isCalendarDate, isInstant } from './instant.js';

/** Whole characters only: PostgreSQL stores neither NUL nor half of a surrogate pair. */
const STORABLE = /^(?:[^\0\uD800-\uDFFF]|[\uD800-\uDBFF][\uDC00-\uDFFF])*$/;
const MONEY = /^\d{1,12}(\.\d{1,2})?$/;

const MAX_ATTRIBUTES = 500;
const MAX_ATTRIBUTE_LENGTH = 10_000;
const TEXT_SCHEMA = { type: 'string', maxLength: MAX_ATTRIBUTE_LENGTH, pattern: STORABLE.source };

/** JSON Schemas of the checks of this file, by the name under which class-validator knows them. */
export const FIELD_SCHEMAS = {
  isStorableText: ({ constraints }: { constraints: unknown[] }) => ({
    type: 'string',
    maxLength: constraints[0],
    pattern: STORABLE.source,
  }),
  isCode: ({ constraints }: { constraints: unknown[] }) => ({
    anyOf: [
      { type: 'string', minLength: 1, maxLength: constraints[0], pattern: STORABLE.source },
      { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
    ],
  }),
  isAttributes: {
    type: 'object',
    maxProperties: MAX_ATTRIBUTES,
    additionalProperties: {
      anyOf: [
        TEXT_SCHEMA,
        { type: 'number' },
        { type: 'boolean' },
        { type: 'null' },
        { type: 'array', items: TEXT_SCHEMA },
      ],
    },
  },
  isMoney: { type: 'string', pattern: MONEY.source },
  isDayOrInstant: {
    anyOf: [
      { type: 'string', format: 'calendar-date' },
      { type: 'string', format: 'instant' },
    ],
  },
};

function isStorable(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value.length <= maxLength && STORABLE.test(value);
}

/** Property decorator: text of whole characters, without NUL, of at most `maxLength`; it may be empty. */
export function IsStorableText(maxLength: number, options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isStorableText',
      constraints: [maxLength],
      validator: {
        validate: (value) => isStorable(value, maxLength),
        defaultMessage: () => `$property must be text of at most ${maxLength} whole characters, and no NUL`,
      },
    },
    options,
  );
}

/** Property decorator: an id or code of somebody else's, which is text in one source and a whole number in another. */
export function IsCode(maxLength = 100, options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isCode',
      constraints: [maxLength],
      validator: {
        validate: (value) =>
          (isStorable(value, maxLength) && value !== '') || (Number.isSafeInteger(value) && (value as number) >= 0),
        defaultMessage: () => '$property must be a short text or a whole number',
      },
    },
    options,
  );
}

/** Property decorator: at most 500 texts, numbers, truth values, nulls or lists of text, by name. */
export function IsAttributes(): PropertyDecorator {
  return ValidateBy({
    name: 'isAttributes',
    validator: {
      validate: areAttributes,
      defaultMessage: () =>
        `$property must hold at most ${MAX_ATTRIBUTES} texts, numbers, truth values or lists of text by name`,
    },
  });
}

function areAttributes(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const isText = (each: unknown): boolean => isStorable(each, MAX_ATTRIBUTE_LENGTH);
  const isPlain = (each: unknown): boolean =>
    each === null || typeof each === 'boolean' || Number.isFinite(each) || isText(each);
  const entries = Object.entries(value);
  return (
    entries.length <= MAX_ATTRIBUTES &&
    entries.every(([name, each]) => isText(name) && (isPlain(each) || (Array.isArray(each) && each.every(isText))))
  );
}

/** Property decorator: an amount from 0 as exact text with at most two decimals, such as `59.00`; never a number. */
export function IsMoney(): PropertyDecorator {
  return ValidateBy({
    name: 'isMoney',
    validator: {
      validate: (value) => typeof value === 'string' && MONEY.test(value),
      defaultMessage: () => '$property must be an amount as text, such as "59.00"',
    },
  });
}

/** Property decorator: a day `yyyy-MM-dd` that exists, or an RFC 3339 instant. */
export function IsDayOrInstant(): PropertyDecorator {
  return ValidateBy({
    name: 'isDayOrInstant',
    validator: {
      validate: (value) => isCalendarDate(value) || isInstant(value),
      defaultMessage: () => '$property must be a day such as 2026-01-31, or an instant such as 2026-01-31T09:30:00Z',
    },
  });
}
