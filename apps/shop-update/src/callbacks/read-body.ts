import type { IncomingMessage } from 'node:http';
import { ProblemError } from '@lockstep/service';

/** 500 results of 50 products each are less. */
const MAX_BODY_BYTES = 1_048_576;

/** The body as text; what is no UTF-8 has replacement characters and will not be JSON. Throws the 413 of one that is too long. */
export async function readBody(request: IncomingMessage): Promise<string> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function tooLarge(): ProblemError {
  const detail = `The body is larger than ${MAX_BODY_BYTES} bytes.`;
  // What is still on its way is not read, so the connection cannot serve another request.
  return new ProblemError(413, 'PAYLOAD_TOO_LARGE', detail, {}, { Connection: 'close' });
}
