import { compileSchema, type ImportFault, type PayloadClass } from '@lockstep/contracts';
import { toFieldErrors } from '@lockstep/service';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import type { Refusal } from './item-answer.js';

/** Faults of one item that are named: a wrong item tends to be wrong in each of its fields. */
const MAX_FAULTS = 20;

/**
 * Checks the fields of an item as the body of a request is checked; null when they are right. The schema, which costs
 * microseconds, decides; the words are those of the class-validator decorators.
 */
export function checkFields(shape: PayloadClass, fields: object): Refusal | null {
  const faults = compileSchema(shape).check(fields);
  if (faults.length === 0) return null;
  const found = validateSync(plainToInstance(shape, fields), { whitelist: true, forbidNonWhitelisted: true });
  const errors = found.length > 0 ? toFieldErrors(found) : faults.map(asFieldError);
  return { kind: 'refused', faults: errors.slice(0, MAX_FAULTS).map((error) => toFault(error, fields)) };
}

function asFieldError(fault: string): { path: string; message: string } {
  const end = fault.indexOf(': ');
  return { path: fault.slice(0, end), message: fault.slice(end + 2) };
}

function toFault({ path, message }: { path: string; message: string }, fields: object): ImportFault {
  const isMissing = !path.includes('.') && !Object.hasOwn(fields, path) && path !== 'body';
  return { code: isMissing ? 'MISSING_REQUIRED_FIELD' : 'INVALID_VALUE', message, field: path, retryable: false };
}
