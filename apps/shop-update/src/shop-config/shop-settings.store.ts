import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type Settings, type StoredSettings, toSettings } from './settings.js';

/** Notified after each change of the settings; also wakes whoever waits for a pause to end. */
export const SETTINGS_CHANNEL = 'shop_config';

/** The settings of the shop, every version of them. */
@Injectable()
export class ShopSettings {
  /** Those in force for the caller's transaction. */
  async current(manager: EntityManager): Promise<Settings> {
    const [row]: { version: string; settings: StoredSettings }[] = await manager.query(
      'SELECT version, settings FROM shop_config ORDER BY version DESC LIMIT 1',
    );
    return row ? toSettings(Number(row.version), row.settings) : toSettings(0, {});
  }
}
