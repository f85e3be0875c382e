import { Env, SearchingServiceConfig } from '@lockstep/service';
import { IsNotEmpty, IsOptional, MinLength } from 'class-validator';

/** Settings of the returns service. */
export class ReturnsConfig extends SearchingServiceConfig {
  /** Customers' phone numbers and addresses of mail are found by what they hash to under this key. Another key needs a rebuild. */
  @Env('RETURNS_HASH_KEY', { expects: 'a secret of at least 16 characters', isSecret: true })
  @MinLength(16)
  hashKey: string = 'lockstep-returns-personal-data';

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
}
