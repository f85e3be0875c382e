import { inTransaction } from '@lockstep/database';
import { Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { ofStatusSql } from '../queue/indexed-status.js';
import type { Flow } from '../queue/topics.js';
import { DEFAULT_SETTINGS, type Settings, type StoredSettings, toSettings } from './settings.js';

/** Notified after each change of the settings; also wakes whoever waits for a pause to end. */
export const SETTINGS_CHANNEL = 'shop_config';

/** A version of the settings, and who made it. */
export interface SettingsVersion {
  readonly settings: Settings;
  readonly changedBy: string | null;
  readonly changedAt: string | null;
  /** When they were read, by the clock of the database. */
  readonly readAt: Date;
}

interface NewestRow {
  readonly version: string | null;
  readonly settings: StoredSettings | null;
  readonly by: string | null;
  readonly at: Date | null;
  readonly readAt: Date;
}

/** One row, whether any were ever set or not. With a parameter, because only such statements are kept by their connections. */
const NEWEST_SQL = (also: string): string => `
  SELECT c.version, c.settings, c.changed_by AS by, c.changed_at AS at, clock_timestamp() AS "readAt"${also}
  FROM (SELECT) AS one
  LEFT JOIN LATERAL (SELECT * FROM shop_config ORDER BY version DESC LIMIT $1) AS c ON true`;

/** The settings of the shop, every version of them. */
@Injectable()
export class ShopSettings {
  /** Those in force for the caller's transaction. */
  async current(manager: EntityManager): Promise<Settings> {
    return (await this.newest(manager)).settings;
  }

  newest(manager: EntityManager): Promise<SettingsVersion> {
    return this.newestWith(manager, '', []);
  }

  /** As `newest`, with further columns of the same reading: `also` is their SQL, whose parameters begin at `$2`. */
  async newestWith<T = object>(manager: EntityManager, also: string, values: unknown[]): Promise<SettingsVersion & T> {
    const [row]: (NewestRow & T)[] = await manager.query(NEWEST_SQL(also), [1, ...values]);
    const { version, settings, by, at, ...rest } = row as NewestRow & T;
    return {
      ...(rest as { readAt: Date } & T),
      settings: toSettings(Number(version ?? 0), settings ?? {}),
      changedBy: by,
      changedAt: at?.toISOString() ?? null,
    };
  }

  /** Puts the next version in force, made of the newest by `change`; one after the other. */
  async save(
    dataSource: DataSource,
    changedBy: string,
    change: (former: StoredSettings, version: number) => StoredSettings,
  ): Promise<void> {
    await inTransaction(dataSource, async (manager) => {
      await manager.query('LOCK TABLE shop_config IN SHARE ROW EXCLUSIVE MODE');
      const [row]: { version: string; settings: StoredSettings }[] = await manager.query(
        'SELECT version, settings FROM shop_config ORDER BY version DESC LIMIT 1',
      );
      const next = change({ ...DEFAULT_SETTINGS, ...row?.settings }, Number(row?.version ?? 0));
      await manager.query('INSERT INTO shop_config (settings, changed_by) VALUES ($1, $2)', [next, changedBy]);
      await manager.query(`SELECT pg_notify($1, '')`, [SETTINGS_CHANNEL]);
    });
  }

  /** Calls that are not answered yet and were sent under another flow than this one. */
  async countDraining(manager: EntityManager, flow: Flow): Promise<number> {
    const [row]: { calls: number }[] = await manager.query(
      `SELECT count(DISTINCT c.id)::int AS calls FROM sync_item i JOIN sync_call c ON c.id = i.request_id
       WHERE ${ofStatusSql(['made_request', 'got_acknowledgment'])} AND c.flow <> $1`,
      [flow],
    );
    return row?.calls ?? 0;
  }
}
