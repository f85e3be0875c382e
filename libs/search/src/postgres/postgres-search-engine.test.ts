import { createTestDatabase, describeWithEngines } from '@lockstep/testing';
import { describeSearchEngine } from '../engine/search-engine.conformance.js';
import { PostgresSearchEngine } from './postgres-search-engine.js';

describeWithEngines('PostgreSQL', (engines) => {
  describeSearchEngine('as a search engine', async () => {
    const database = await createTestDatabase(engines);
    return { engine: new PostgresSearchEngine({ url: database.url, prefix: 'a-' }), remove: () => database.remove() };
  });
});
