import { Env, SearchingServiceConfig } from '@lockstep/service';
import { IsIn, IsInt, IsNotEmpty, IsNumber, IsOptional, IsString, Max, Min, MinLength } from 'class-validator';
import { WINDOW_MODES, type WindowMode } from './windows/window.js';

/** Under which a hash hides nobody: all phone numbers there are can be tried. */
export const KNOWN_HASH_KEY = 'lockstep-returns-personal-data';

/** Settings of the returns service. */
export class ReturnsConfig extends SearchingServiceConfig {
  /**
   * Customers' phone numbers and addresses of mail are found by what they hash to under this key. Another key needs a rebuild.
   * The default is there to try things with: everybody knows it.
   */
  @Env('RETURNS_HASH_KEY', { expects: 'a secret of at least 16 characters', isSecret: true })
  @MinLength(16)
  hashKey: string = KNOWN_HASH_KEY;

  /** Returns are written to this Algolia application too, with `ALGOLIA_API_KEY`; unset: only to our own index. */
  @Env('ALGOLIA_APP_ID')
  @IsOptional()
  @IsNotEmpty()
  algoliaAppId?: string;

  @Env('ALGOLIA_API_KEY', { expects: 'a key that may write objects', isSecret: true })
  @IsOptional()
  @IsNotEmpty()
  algoliaApiKey?: string;

  /** Logical name `OrderReturnsProd`. */
  @Env('ALGOLIA_INDEX')
  @IsNotEmpty()
  algoliaIndex: string = 'es_prod';

  /** Instead of Algolia's own hosts: a proxy, or a double in tests. */
  @Env('ALGOLIA_URL', { expects: 'http://host:port' })
  @IsOptional()
  @IsNotEmpty()
  algoliaUrl?: string;

  /** How often what has changed is indexed; 0: only when somebody asks for it. */
  @Env('RETURNS_EVERY_SECONDS', { expects: 'seconds, from 0 to 86400' })
  @IsInt()
  @Min(0)
  @Max(86_400)
  everySeconds: number = 900;

  /**
   * `snapshot`: a window is what was committed between two moments, and misses nothing. `updated_at`: it is what was stamped
   * between two times, for tables without triggers; it misses deletions, changes of parts, and commits long after their stamp.
   */
  @Env('RETURNS_WINDOW_MODE', { expects: `one of ${WINDOW_MODES.join(', ')}` })
  @IsIn([...WINDOW_MODES])
  windowMode: WindowMode = 'snapshot';

  /** How far a window begins before the end of the last one. It chooses rows in mode `updated_at` only. */
  @Env('RETURNS_OVERLAP_SECONDS', { expects: 'seconds, from 0 to 86400' })
  @IsNumber()
  @Min(0)
  @Max(86_400)
  overlapSeconds: number = 1_800;

  /** In mode `updated_at`: a window ends before the oldest transaction that still writes began. */
  @Env('RETURNS_CAP_AT_OLDEST_WRITER', { expects: 'on or off' })
  capAtOldestWriter: boolean = true;

  /** Returns written together: what a page costs besides is shared by them, and at most four of them are in memory. */
  @Env('RETURNS_PAGE_SIZE', { expects: 'a whole number from 1 to 10000' })
  @IsInt()
  @Min(1)
  @Max(10_000)
  pageSize: number = 1_000;

  /**
   * How long is remembered which returns changed, once a window has brought it, and how long the index keeps the tombstone of
   * one that is gone: beyond the longest time that a message may be under way, and that somebody who asks why looks back.
   */
  @Env('RETURNS_CHANGES_DAYS', { expects: 'days, from 1 to 3650' })
  @IsInt()
  @Min(1)
  @Max(3_650)
  changesDays: number = 7;

  /** How long a replica that died keeps a run from being gone on with by another. */
  @Env('RETURNS_LEASE_SECONDS', { expects: 'seconds, from 1 to 3600' })
  @IsNumber()
  @Min(1)
  @Max(3_600)
  leaseSeconds: number = 120;

  /** How often runs whose worker died are looked for. */
  @Env('RETURNS_REAPER_SECONDS', { expects: 'seconds, from 1 to 3600' })
  @IsNumber()
  @Min(1)
  @Max(3_600)
  reaperSeconds: number = 60;

  /** The zone of dates that are stated without one. */
  @Env('SYNC_INPUT_TZ', { expects: 'a name of a time zone, such as Europe/London' })
  @IsString()
  inputTimeZone: string = 'UTC';

  /** Under which the shop's log finds what happens to orders: as the shop's own settings say. */
  @Env('SHOP_LOG_VENTURE')
  @IsNotEmpty()
  shopVenture: string = 'lockstep';

  @Env('SHOP_LOG_SOURCE', { expects: '<country>/<environment>, such as ke/live' })
  @IsNotEmpty()
  shopSource: string = 'ke/live';
}
