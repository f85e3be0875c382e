import { applyDecorators, HttpCode, Post } from '@nestjs/common';
import { Requires } from '../access/requires.js';
import { Answers } from '../openapi/answers.js';
import { Consumes } from '../requests/consumes.js';
import { BulkAnswer } from './bulk-answer.js';

/**
 * The route `bulk` of a controller: an operator sends lines of JSON, and is answered when the last one was stored.
 *
 * @example \@PostBulk() load(\@Req() request: IncomingMessage) { return loadLines(readNdjson(request), { ... }); }
 */
export function PostBulk(): MethodDecorator {
  return applyDecorators(
    Post('bulk'),
    Requires('operator'),
    Consumes('application/x-ndjson', 'application/ndjson', 'application/jsonl', 'text/plain'),
    HttpCode(200),
    Answers(200, BulkAnswer),
  );
}
