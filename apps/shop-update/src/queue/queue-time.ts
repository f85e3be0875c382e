import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Settings } from '../shop-config/settings.js';
import type { ShopSettings } from '../shop-config/shop-settings.store.js';

/** The time by which the queue lives: the database's, so that hosts may disagree. Tests set their own. */
@Injectable()
export class QueueTime {
  /** `read`: the database's time, where the caller has just read it with something else. */
  now(manager: EntityManager, read?: Date): Promise<Date> {
    return read ? Promise.resolve(read) : databaseTime(manager);
  }
}

/** What everything in a transaction is decided by. */
export interface Moment {
  readonly now: Date;
  readonly settings: Settings;
}

/** The settings in force and the time, by one reading. */
export async function readMoment(manager: EntityManager, time: QueueTime, store: ShopSettings): Promise<Moment> {
  const { settings, readAt } = await store.newest(manager);
  return { settings, now: await time.now(manager, readAt) };
}

async function databaseTime(manager: EntityManager): Promise<Date> {
  const [row]: { now: Date }[] = await manager.query('SELECT clock_timestamp() AS now');
  return (row as { now: Date }).now;
}
