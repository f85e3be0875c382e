import { Env, SearchingServiceConfig } from '@lockstep/service';
import { IsInt, Max, Min } from 'class-validator';

/** Settings of the recommendation service. */
export class RecommendationConfig extends SearchingServiceConfig {
  /** A snapshot of one designated body is a single body of some 10,000 doctors. */
  override bodyLimitBytes: number = 16_777_216;

  /** How long a replica that died keeps a rebuild from being gone on with by another. */
  @Env('LEASE_SECONDS', { expects: 'seconds, from 1 to 300' })
  @IsInt()
  @Min(1)
  @Max(300)
  leaseSeconds: number = 10;
}
