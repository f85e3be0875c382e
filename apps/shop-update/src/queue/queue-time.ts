import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** The time by which the queue lives: the database's, so that hosts may disagree. Tests set their own. */
@Injectable()
export class QueueTime {
  now(manager: EntityManager): Promise<Date> {
    return databaseTime(manager);
  }
}

export async function databaseTime(manager: EntityManager): Promise<Date> {
  const [row]: { now: Date }[] = await manager.query('SELECT clock_timestamp() AS now');
  return (row as { now: Date }).now;
}
