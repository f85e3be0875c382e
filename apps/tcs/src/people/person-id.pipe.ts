import { validationProblem } from '@lockstep/service';
import { Injectable, type PipeTransform } from '@nestjs/common';

/** A person's id in a path: a whole number from 1. */
@Injectable()
export class PersonIdPipe implements PipeTransform<string | number, number> {
  transform(value: string | number): number {
    const id = Number(value);
    if (Number.isSafeInteger(id) && id >= 1) return id;
    throw validationProblem([{ path: 'personId', message: 'personId must be a whole number from 1' }]);
  }
}
