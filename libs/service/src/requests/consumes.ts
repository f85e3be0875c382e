import { SetMetadata } from '@nestjs/common';

/** Key under which `Consumes` leaves its types. */
export const CONSUMES = Symbol('consumes');

/** Media types that a route takes instead of JSON, such as `application/x-ndjson`; its handler reads the stream itself. */
export function Consumes(...mediaTypes: string[]): MethodDecorator {
  return SetMetadata(CONSUMES, mediaTypes);
}
