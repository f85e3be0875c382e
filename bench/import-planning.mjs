// How long it takes from a feed to a planned batch, and how much memory the process needs for it.
// node bench/import-planning.mjs [products, 200000 = 1,000,000 objects and 3,000,000 links]; DATABASE_URL, or the engines' state file.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDataSource, inTransaction, migrate } from '@lockstep/database';
import { generateImportFeed } from '@lockstep/demo-data';
import pg from 'pg';
import { DEFAULT_OPTIONS } from '../apps/import/dist/batches/import-options.js';
import { CreateImportTables1763700000001 } from '../apps/import/dist/database/create-import-tables.migration.js';
import { PlanningStore } from '../apps/import/dist/planning/planning.store.js';
import { TypePositions } from '../apps/import/dist/planning/type-positions.js';
import { StagingStore } from '../apps/import/dist/staging/staging.store.js';

const products = Number(process.argv[2] ?? 200_000);
const scale = products / 200_000;
const size = { products, brands: Math.ceil(1_000 * scale), categories: Math.ceil(20_000 * scale) };

const TYPES = {
  objectTypes: Object.fromEntries(
    ['brand', 'category', 'product', 'variant'].map((name) => [name, { service: 'catalog' }]),
  ),
  linkTags: {
    categoryParent: { child: 'category', parent: 'category', linkType: 'Dependent' },
    productHasBrand: { child: 'product', parent: 'brand', linkType: 'Dependent' },
    productInCategory: {
      child: 'product',
      parent: 'category',
      linkType: 'Dependent',
      separateDependentLinkCreate: true,
      service: 'catalog',
    },
    variantOfProduct: { child: 'variant', parent: 'product', linkType: 'Dependent', required: true },
    productRelated: { child: 'product', parent: 'product', linkType: 'Independent', service: 'catalog' },
  },
};

async function* feed() {
  let items = [];
  let row = 0;
  for (const { type, ref, fields = null, identifierIds = null, links = [] } of generateImportFeed(size)) {
    const place = { fileNo: 1, row: ++row, line: row, column: null };
    items.push({ kind: 'object', place, objectType: type, reference: ref, fields, identifierIds, errors: [] });
    for (const { tag, ref: parent } of links) {
      const ends = {
        child: { objectType: type, reference: ref },
        parent: { objectType: TYPES.linkTags[tag].parent, reference: parent },
      };
      items.push({ kind: 'link', place: { ...place, column: tag }, tag, ...ends, properties: null, errors: [] });
    }
    if (items.length < 1_000) continue;
    yield items;
    items = [];
  }
  yield items;
}

const engines = join(tmpdir(), `lockstep-engines-${process.getuid()}`, 'engines.json');
const root = process.env.DATABASE_URL ?? JSON.parse(readFileSync(engines, 'utf8')).DATABASE_URL;
const name = `bench_${randomUUID().slice(0, 8)}`;
const admin = new pg.Client({ connectionString: root });
await admin.connect();
await admin.query(`CREATE DATABASE ${name} TEMPLATE template0`);
const url = new URL(root);
url.pathname = `/${name}`;
const dataSource = createDataSource({
  url: url.href,
  schema: 'import',
  service: 'import',
  entities: [],
  migrations: [CreateImportTables1763700000001],
});
await dataSource.initialize();
try {
  await migrate(dataSource);
  const id = randomUUID();
  await dataSource.query(
    `INSERT INTO import_batch (id, state, user_id, submitted_by, options, types)
     VALUES ($1, 'parsing', 'seller-1', 'bench', $2, $3)`,
    [id, JSON.stringify(DEFAULT_OPTIONS), JSON.stringify(TYPES)],
  );
  const staging = new StagingStore(dataSource);
  const began = performance.now();
  await staging.begin(id);
  const limits = { maxErrors: 100_000, signal: new AbortController().signal };
  const staged = await staging.stage(id, feed(), new TypePositions(TYPES), limits);
  const stagedAt = performance.now();
  const rssStagedMb = process.resourceUsage().maxRSS / 1024;
  const batch = { id, userId: 'seller-1', resumeOf: null, options: DEFAULT_OPTIONS, types: TYPES };
  const result = await inTransaction(dataSource, (manager) => {
    if (process.env.STEPS) {
      const query = manager.query.bind(manager);
      manager.query = async (...given) => {
        const from = performance.now();
        try {
          return await query(...given);
        } finally {
          const took = performance.now() - from;
          if (took > 300)
            console.log(`${took.toFixed(0).padStart(7)} ms  ${given[0].trim().replaceAll(/\s+/g, ' ').slice(0, 100)}`);
        }
      };
    }
    return new PlanningStore().plan(manager, batch, staged, { objects: 500, links: 2_000 });
  });
  const plannedAt = performance.now();
  await staging.drop(id);
  console.log({
    records: staged.records,
    links: result.plan.links,
    stagingSeconds: Number(((stagedAt - began) / 1000).toFixed(1)),
    planningSeconds: Number(((plannedAt - stagedAt) / 1000).toFixed(1)),
    maxRssStagingMb: Math.round(rssStagedMb),
    maxRssMb: Math.round(process.resourceUsage().maxRSS / 1024),
    plan: result.plan,
  });
} finally {
  await dataSource.destroy();
  await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
  await admin.end();
}
