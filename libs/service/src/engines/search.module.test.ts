import { ElasticsearchEngine, PostgresSearchEngine } from '@lockstep/search';
import { describe, expect, it } from 'vitest';
import { createSearchEngine } from './search.module.js';

describe('the search engine of a service', () => {
  it.each([
    ['http://host:9200', ElasticsearchEngine],
    ['https://host', ElasticsearchEngine],
    ['postgres://host/db', PostgresSearchEngine],
    ['postgresql://host/db', PostgresSearchEngine],
  ])('is what %s is the URL of', async (elasticsearchUrl, kind) => {
    const engine = createSearchEngine({ elasticsearchUrl, indexPrefix: 'a-' });
    expect(engine).toBeInstanceOf(kind);
    await engine.close();
  });
});
