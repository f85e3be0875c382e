import { IsCalendarDate, IsInstant } from '@lockstep/contracts';
import { applyDecorators } from '@nestjs/common';
import { IsString, Matches, MaxLength } from 'class-validator';

/** Whole characters only: PostgreSQL stores neither NUL nor half of a surrogate pair. */
const STORABLE = /^(?:[^\0\uD800-\uDFFF]|[\uD800-\uDBFF][\uDC00-\uDFFF])*$/;

/** A GMC number is digits in practice; what is refused are blanks inside, non-breaking ones too, and nothing at all. */
const GMC_NUMBER = /^\s*[^\s\0\uD800-\uDFFF]{1,50}\s*$/;

/** Property decorator: a text that can be stored, of at most `maxLength` characters. */
export function IsText(maxLength: number): PropertyDecorator {
  return applyDecorators(IsString(), MaxLength(maxLength), Matches(STORABLE));
}

/** Property decorator: an array of texts that can be stored, each of at most `maxLength` characters. */
export function AreTexts(maxLength: number): PropertyDecorator {
  const each = { each: true };
  return applyDecorators(IsString(each), MaxLength(maxLength, each), Matches(STORABLE, each));
}

/** PostgreSQL's calendar has no year 0. */
const NOT_YEAR_ZERO = /^(?!0000)/;

/** Property decorator: a calendar date that can be stored. */
export function IsDay(): PropertyDecorator {
  return applyDecorators(IsCalendarDate(), Matches(NOT_YEAR_ZERO));
}

/** Property decorator: an RFC 3339 instant that can be stored. */
export function IsMoment(): PropertyDecorator {
  return applyDecorators(IsInstant(), Matches(NOT_YEAR_ZERO));
}

/** Property decorator: a GMC number, blanks around it allowed. */
export function IsGmcNumber(): PropertyDecorator {
  return applyDecorators(
    IsString(),
    MaxLength(60),
    Matches(GMC_NUMBER, { message: '$property must be a GMC number: up to 50 characters without blanks' }),
  );
}

/** The number as it is stored, or null for what is none. */
export function toGmcNumber(text: string): string | null {
  return GMC_NUMBER.test(text) ? text.trim() : null;
}
