import 'reflect-metadata';
import { ValidateBy, type ValidationOptions } from 'class-validator';

const INSTANT = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;
const CALENDAR_DATE = /^(\d{4})-(\d{2})-(\d{2})$/;

function isRealDate(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** True for an RFC 3339 instant with an offset, such as `2026-01-31T09:30:00Z`; the day must exist. */
export function isInstant(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const parts = INSTANT.exec(value);
  if (!parts) return false;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return isRealDate(year, month, day) && hour <= 23 && minute <= 59 && second <= 59;
}

/** True for a day that exists, written `yyyy-MM-dd`. */
export function isCalendarDate(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const parts = CALENDAR_DATE.exec(value);
  return parts !== null && isRealDate(Number(parts[1]), Number(parts[2]), Number(parts[3]));
}

/** Property decorator: an RFC 3339 instant (see {@link isInstant}). */
export function IsInstant(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isInstant',
      validator: {
        validate: isInstant,
        defaultMessage: () => '$property must be an RFC 3339 instant, such as 2026-01-31T09:30:00Z',
      },
    },
    options,
  );
}

/** Property decorator: a day written `yyyy-MM-dd` that exists (see {@link isCalendarDate}). */
export function IsCalendarDate(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isCalendarDate',
      validator: {
        validate: isCalendarDate,
        defaultMessage: () => '$property must be a calendar date written yyyy-MM-dd',
      },
    },
    options,
  );
}
