import { Env, SearchingServiceConfig } from '@lockstep/service';
import { IsBoolean, IsInt, Max, Min } from 'class-validator';

/** Settings of the shop-update service; those of the shop itself are changed over REST. */
export class ShopUpdateConfig extends SearchingServiceConfig {
  /** Lets the shop's address be http, private or this machine: for development and demonstrations, never in production. */
  @Env('SHOP_URL_ALLOW_PRIVATE', { expects: 'on or off' })
  @IsBoolean()
  shopUrlAllowPrivate: boolean = false;

  /** Days of the log that are kept, today aside. */
  @Env('LOG_RETENTION_DAYS', { expects: 'days, from 1 to 400' })
  @IsInt()
  @Min(1)
  @Max(400)
  logRetentionDays: number = 92;

  /** Calls to the shop that this process makes at the same time. */
  @Env('SHOP_WORKERS', { expects: 'a whole number from 1 to 64' })
  @IsInt()
  @Min(1)
  @Max(64)
  shopWorkers: number = 4;
}
