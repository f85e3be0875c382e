import { Env, SearchingServiceConfig } from '@lockstep/service';
import { IsInt, Max, Min } from 'class-validator';
import type { RunPolicy } from './runs/next.js';

/** Settings of the integration service. */
export class IntegrationConfig extends SearchingServiceConfig {
  /** How long a replica that died keeps a run from being driven on by another. */
  @Env('LEASE_SECONDS', { expects: 'seconds, from 1 to 300' })
  @IsInt()
  @Min(1)
  @Max(300)
  leaseSeconds: number = 10;

  /** First wait without progress before missing batches are asked for again; doubles with each of three asks. */
  @Env('ASK_AGAIN_SECONDS', { expects: 'seconds, from 1 to 600' })
  @IsInt()
  @Min(1)
  @Max(600)
  askAgainSeconds: number = 15;

  /** Without progress for so long a run fails with RUN_STALLED. */
  @Env('STALL_SECONDS', { expects: 'seconds, from 5 to 86400' })
  @IsInt()
  @Min(5)
  @Max(86_400)
  stallSeconds: number = 300;

  get policy(): RunPolicy {
    return { askAgainSeconds: this.askAgainSeconds, maxAsks: 3, stallSeconds: this.stallSeconds };
  }
}
