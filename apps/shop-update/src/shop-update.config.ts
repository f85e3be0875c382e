import { Env, ServiceConfig } from '@lockstep/service';
import { IsBoolean } from 'class-validator';

/** Settings of the shop-update service; those of the shop itself are changed over REST. */
export class ShopUpdateConfig extends ServiceConfig {
  /** Lets the shop's address be http, private or this machine: for development and demonstrations, never in production. */
  @Env('SHOP_URL_ALLOW_PRIVATE', { expects: 'on or off' })
  @IsBoolean()
  shopUrlAllowPrivate: boolean = false;
}
