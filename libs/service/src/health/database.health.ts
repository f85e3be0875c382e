import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Health, HealthContributor } from './health.js';

/** The database answers a statement. */
@Injectable()
export class DatabaseHealth implements HealthContributor {
  readonly name = 'database';

  constructor(private readonly dataSource: DataSource) {}

  async check(): Promise<Health> {
    await this.dataSource.query('SELECT 1');
    return { status: 'up' };
  }
}
