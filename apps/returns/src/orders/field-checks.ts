import { applyDecorators } from '@nestjs/common';
import { ArrayUnique, IsInt, Max, Min } from 'class-validator';

/** An id that a caller gives: a whole number from 1 that JSON carries exactly. */
export function IsId(): PropertyDecorator {
  return applyDecorators(IsInt(), Min(1), Max(Number.MAX_SAFE_INTEGER));
}

/** How many of something: from 1. */
export function IsQuantity(): PropertyDecorator {
  return applyDecorators(IsInt(), Min(1), Max(2_147_483_647));
}

/** No two items of one list have the same value of `name`. */
export function HasUnique(name: string): PropertyDecorator {
  const message = `$property must not name ${name} twice`;
  return ArrayUnique((item: Record<string, unknown>) => item?.[name], { message });
}
