import { type Actor, Answers, CurrentActor, Requires } from '@lockstep/service';
import { Body, Controller, Get, Put } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ShopUpdateConfig } from '../shop-update.config.js';
import { applyConfig, refuseOutdated } from './apply-config.js';
import { ConfigAnswer, ConfigChange } from './config-body.js';
import { ShopSettings } from './shop-settings.store.js';

/** The settings of the shop: a change is in force for the next call. */
@Controller('api/shop-update/config')
export class ShopConfigController {
  constructor(
    private readonly config: ShopUpdateConfig,
    private readonly dataSource: DataSource,
    private readonly settings: ShopSettings,
  ) {}

  @Get()
  @Requires('viewer')
  @Answers(200, ConfigAnswer)
  async show(): Promise<ConfigAnswer> {
    const { manager } = this.dataSource;
    const { settings, changedBy, changedAt } = await this.settings.newest(manager);
    const { password, callbackApiKeys, ...shown } = settings;
    const calls = await this.settings.countDraining(manager, settings.flow);
    const former = settings.flow === 'synchronous' ? 'asynchronous' : 'synchronous';
    return {
      ...shown,
      callbackAllowedIps: [...shown.callbackAllowedIps],
      pausedMethods: [...shown.pausedMethods],
      pausedTopics: [...shown.pausedTopics],
      hasPassword: password !== null,
      callbackApiKeyFingerprints: callbackApiKeys.map(({ sha256 }) => sha256.slice(0, 12)),
      changedBy,
      changedAt,
      draining: { flow: former, calls },
    };
  }

  @Put()
  @Requires('admin')
  @Answers(200, ConfigAnswer)
  async change(@Body() body: ConfigChange, @CurrentActor() actor: Actor): Promise<ConfigAnswer> {
    const { shopUrlAllowPrivate } = this.config;
    await this.settings.save(this.dataSource, actor.id, (former, version) => {
      refuseOutdated(body.version, version);
      return applyConfig(former, body, shopUrlAllowPrivate);
    });
    return this.show();
  }
}
