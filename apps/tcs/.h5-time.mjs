import 'reflect-metadata';
import { createDataSource, migrate } from '@lockstep/database';
import { EntityManager } from 'typeorm';
import { generatePeople } from '../../libs/testing/dist/people/generate-people.js';
import { CreatePeople1760100000001 } from './dist/people/people.migration.js';
import { PeopleStore } from './dist/people/people.store.js';
import { toPersonRecord } from './dist/people/person-record.js';

const ds = createDataSource({
  url: process.env.DATABASE_URL,
  schema: 'tcs',
  service: 'x',
  entities: [],
  migrations: [CreatePeople1760100000001],
  poolSize: 4,
});
await ds.initialize();
await migrate(ds);
const times = new Map();
const orig = EntityManager.prototype.query;
EntityManager.prototype.query = async function (sql, ...r) {
  const t = performance.now();
  try {
    return await orig.call(this, sql, ...r);
  } finally {
    const k = sql.trim().slice(0, 60).replace(/\s+/g, ' ');
    times.set(k, (times.get(k) ?? 0) + performance.now() - t);
  }
};
const store = new PeopleStore(ds);
const people = [...generatePeople({ count: 20000, seed: 5, asOf: '2026-11-21' })].map((p) =>
  toPersonRecord(p.personId, p),
);
await store.save(people.slice(0, 500));
times.clear();
import { readFileSync } from 'node:fs';
const pids = (await orig.call(ds.manager, "select pid from pg_stat_activity where datname = current_database() and backend_type='client backend'")).map(r => r.pid);
const pgcpu = () => pids.reduce((a, p) => { const s = readFileSync(`/proc/${p}/stat`, 'utf8').split(' '); return a + (Number(s[13]) + Number(s[14])) * 10; }, 0);
const p0 = pgcpu(); const t0 = performance.now();
const c0 = process.cpuUsage();
for (let i = 500; i < 20000; i += 500) await store.save(people.slice(i, i + 500));
const s = performance.now() - t0;
const c = process.cpuUsage(c0);
console.log('pg cpu us/person', (pgcpu() - p0) * 1000 / 19500, 'pids', pids.length); console.log('rate', Math.round((19500 / s) * 1000), 'node us', (c.user + c.system) / 19500);
for (const [k, v] of times) console.log((v / 19.5).toFixed(1).padStart(7), 'us/person', k);
await ds.destroy();
