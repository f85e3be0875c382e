import { Injectable, type PipeTransform } from '@nestjs/common';
import { validationProblem } from '../problems/validation.js';

/** An id in a path: a whole number from 1; anything else is answered with 400. */
@Injectable()
export class PathIdPipe implements PipeTransform<string | number, number> {
  transform(value: string | number): number {
    const id = Number(value);
    if (Number.isSafeInteger(id) && id >= 1) return id;
    throw validationProblem([{ path: 'id', message: 'id must be a whole number from 1' }]);
  }
}
