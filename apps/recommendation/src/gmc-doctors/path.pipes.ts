import { validationProblem } from '@lockstep/service';
import { Injectable, type PipeTransform } from '@nestjs/common';
import { toGmcNumber } from './field-checks.js';

/** A GMC number in a path, trimmed. */
@Injectable()
export class GmcNumberPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    const gmcNumber = toGmcNumber(value);
    if (gmcNumber !== null) return gmcNumber;
    const message = 'gmcNumber must be a GMC number: up to 50 characters without blanks';
    throw validationProblem([{ path: 'gmcNumber', message }]);
  }
}

/** The code of a designated body in a path: any short text, so that GMC may name a new one. */
@Injectable()
export class BodyCodePipe implements PipeTransform<string, string> {
  transform(value: string): string {
    if (/^[^\s\0\uD800-\uDFFF]{1,50}$/.test(value)) return value;
    throw validationProblem([{ path: 'code', message: 'code must be a designated body: up to 50 characters' }]);
  }
}
