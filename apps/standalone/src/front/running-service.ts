import type { NestExpressApplication } from '@nestjs/platform-express';

/** A service of this process that consumes and answers. */
export interface RunningService {
  readonly service: string;
  readonly app: NestExpressApplication;
}

/** Where everything is, from the start of the process to its end. */
export type FrontState = 'starting' | 'ready' | 'draining';

/** Which engine does what, in words. */
export interface EnginesInUse {
  readonly database: string;
  readonly broker: string;
  readonly search: string;
}
