/** How long a worker's claim takes: the store of the service itself, on a queue of so many items that wait. */
import { compiled } from '../sync/place.mjs';

const CLAIMS = 60;
const WARM_UP = 10;

const built = (path) => import(new URL(`../../apps/shop-update/dist/${path}`, import.meta.url).href);

/** Median of the claims, in milliseconds. The service must not run beside. */
export async function measureClaims(place) {
  const [{ createDataSource }, { CallsStore }, { ShopSettings }, { CataloguePayloads }] = await Promise.all([
    compiled('database/dist/index.js'),
    built('queue/calls.store.js'),
    built('shop-config/shop-settings.store.js'),
    built('shop/catalogue.payloads.js'),
  ]);
  // As the service has it.
  const common = { schema: 'shop_update', service: 'shop-update', entities: [], migrations: [] };
  const options = { ...common, shortStatements: true };
  const dataSource = createDataSource({ url: place.databaseUrl, ...options });
  await dataSource.initialize();
  try {
    const settings = new ShopSettings();
    const store = new CallsStore(dataSource, { now: () => new Date() }, settings, new CataloguePayloads(settings));
    const times = [];
    for (let claim = 0; claim < CLAIMS; claim++) {
      const startedAt = performance.now();
      const { kind } = await store.claim('price', { worker: 'bench' });
      if (kind !== 'call') throw new Error(`a claim came to ${kind}`);
      if (claim >= WARM_UP) times.push(performance.now() - startedAt);
    }
    times.sort((a, b) => a - b);
    return times[times.length >> 1];
  } finally {
    await dataSource.destroy();
  }
}
