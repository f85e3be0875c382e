import { validationProblem } from '@lockstep/service';
import { Injectable, type PipeTransform } from '@nestjs/common';

/** A person's id in a path: a whole number from 1, written plainly (no sign, no zeros before it, no exponent). */
@Injectable()
export class PersonIdPipe implements PipeTransform<string, number> {
  transform(value: string): number {
    const id = Number(value);
    if (/^[1-9]\d*$/.test(value) && Number.isSafeInteger(id)) return id;
    throw validationProblem([{ path: 'personId', message: 'personId must be a whole number from 1' }]);
  }
}
