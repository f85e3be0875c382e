import { toFieldErrors, validationProblem } from '@lockstep/service';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';

/**
 * What a PATCH makes of what is there: the fields that it states, the others as they are, checked as the body of a PUT.
 * `fields`: those of the body, because what is shown holds more.
 */
export function mergePatch<Body extends object>(
  shape: new () => Body,
  fields: readonly string[],
  shown: object,
  patch: object,
): Body {
  const stated = Object.entries(patch).filter(([, value]) => value !== undefined);
  const kept = Object.entries(shown).filter(([name]) => fields.includes(name));
  const body = plainToInstance(shape, Object.fromEntries([...kept, ...stated]));
  const errors = validateSync(body, { whitelist: true, forbidNonWhitelisted: true });
  if (errors.length > 0) throw validationProblem(toFieldErrors(errors));
  return body;
}
