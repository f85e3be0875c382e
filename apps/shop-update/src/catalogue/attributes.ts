import { applyDecorators } from '@nestjs/common';
import { IsObject, ValidateBy } from 'class-validator';

const MAX_ATTRIBUTES = 500;
const MAX_LENGTH = 10_000;
const STORABLE = /^(?:[^\0\uD800-\uDFFF]|[\uD800-\uDBFF][\uDC00-\uDFFF])*$/;

/** What the shop knows of a product beyond its own fields, by the shop's id of the attribute. */
export type Attributes = Readonly<Record<string, AttributeValue>>;
type AttributeValue = string | number | boolean | null | readonly string[];

/** Values are text, numbers, true or false, or a list of text. */
export function IsAttributes(): PropertyDecorator {
  return applyDecorators(
    IsObject(),
    ValidateBy({
      name: 'isAttributes',
      validator: {
        validate: areAttributes,
        defaultMessage: () =>
          `$property must hold at most ${MAX_ATTRIBUTES} texts, numbers, truth values or lists of text by name`,
      },
    }),
  );
}

function areAttributes(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  return (
    entries.length <= MAX_ATTRIBUTES &&
    entries.every(([name, each]) => isText(name) && (isPlain(each) || (Array.isArray(each) && each.every(isText))))
  );
}

function isPlain(value: unknown): boolean {
  return value === null || typeof value === 'boolean' || Number.isFinite(value) || isText(value);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.length <= MAX_LENGTH && STORABLE.test(value);
}
