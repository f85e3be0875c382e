import { SearchingServiceConfig } from '@lockstep/service';

/** Settings of the recommendation service. */
export class RecommendationConfig extends SearchingServiceConfig {
  /** A snapshot of one designated body is a single body of some 10,000 doctors. */
  override bodyLimitBytes: number = 16_777_216;
}
