import { Env, SearchingServiceConfig } from '@lockstep/service';
import { ArrayMaxSize, IsArray, IsInt, IsString, Max, Min } from 'class-validator';

/** Settings of the connection service. */
export class ConnectionConfig extends SearchingServiceConfig {
  /** How long a replica that died keeps a rebuild from being gone on with by another. */
  @Env('LEASE_SECONDS', { expects: 'seconds, from 1 to 300' })
  @IsInt()
  @Min(1)
  @Max(300)
  leaseSeconds: number = 10;

  /** Membership types that the lists `current` and `discrepancies` do not show; compared as written. */
  @Env('EXCLUDED_MEMBERSHIP_TYPES', { expects: 'a comma list of membership types' })
  @IsArray()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  excludedMembershipTypes: string[] = ['MILITARY'];

  /** Ids of placement grades that those lists do not show, compared whole: 279 (foundation year 1) is not in 2790. */
  @Env('EXCLUDED_PLACEMENT_GRADES', { expects: 'a comma list of grade ids' })
  @IsArray()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  excludedPlacementGrades: string[] = ['279'];
}
