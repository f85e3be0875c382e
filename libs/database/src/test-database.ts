import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { describe } from 'vitest';

const url = process.env['DATABASE_URL'];
export async function createTestDatabase() {
  const name = `t_${randomUUID().replaceAll('-', '')}`;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const own = new URL(url!);
  own.pathname = name;
  return {
    url: own.href,
    remove: async () => {
      const c = new pg.Client({ connectionString: url });
      await c.connect();
      await c.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await c.end();
    },
  };
}
export const describeWithEngines = url ? describe : describe.skip;
