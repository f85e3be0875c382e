import { ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { type FieldError, ProblemError } from './problem.js';

/** Checks every body, query and parameter object against its class; unknown members are refused. */
export function createValidationPipe(): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    validationError: { target: false, value: false },
    exceptionFactory: (errors) => validationProblem(toFieldErrors(errors)),
  });
}

/** The 400 that names wrong fields. */
export function validationProblem(errors: readonly FieldError[]): ProblemError {
  const count = errors.length === 1 ? 'One field is' : `${errors.length} fields are`;
  return new ProblemError(400, 'VALIDATION_FAILED', `${count} not as expected.`, { errors });
}

/** class-validator's tree as one line a fault, with the whole path. */
export function toFieldErrors(errors: readonly ValidationError[], parent = ''): FieldError[] {
  return errors.flatMap((error) => {
    const path = parent ? `${parent}.${error.property}` : error.property;
    const own = Object.values(error.constraints ?? {}).map((message) => ({ path, message }));
    return [...own, ...toFieldErrors(error.children ?? [], path)];
  });
}
