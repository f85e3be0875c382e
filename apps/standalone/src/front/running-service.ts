import type { FrontDoorRule } from '@lockstep/service';
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

/** What can be told of all services together. */
export interface Front {
  readonly state: FrontState;
  readonly services: readonly RunningService[];
  readonly rules: readonly FrontDoorRule[];
  /** `undefined` until they are there. */
  readonly engines: EnginesInUse | undefined;
  readonly startedAt: Date;
}
