import { createIndexPrefix, createTestDatabase, describeWithEngines } from '@lockstep/testing';
import pg from 'pg';
import { expect } from 'vitest';
import { ElasticsearchEngine } from '../elasticsearch/elasticsearch-engine.js';
import { PostgresSearchEngine } from '../postgres/postgres-search-engine.js';
import { describeIndexFamily } from './index-family.conformance.js';

describeWithEngines('IndexFamily on Elasticsearch', (engines) => {
  describeIndexFamily(engines, async () => {
    const place = createIndexPrefix(engines);
    const request = async (path: string, method: string, body?: object) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${engines.elasticsearchUrl}/${path}`, {
        method,
        ...(body && { headers, body: JSON.stringify(body) }),
      });
      expect(answer.ok).toBe(true);
    };
    return {
      engine: new ElasticsearchEngine({ url: engines.elasticsearchUrl, prefix: place.prefix }),
      removeAlias: (index, alias) => request(`${place.prefix}${index}/_alias/${place.prefix}${alias}`, 'DELETE'),
      addField: (index) =>
        request(`${place.prefix}${index}/_mapping`, 'PUT', { properties: { extra: { type: 'keyword' } } }),
      remove: () => place.remove(),
    };
  });
});

describeWithEngines('IndexFamily on PostgreSQL', (engines) => {
  describeIndexFamily(engines, async () => {
    const database = await createTestDatabase(engines);
    const execute = async (toSql: (id: number) => string, index: string) => {
      const client = new pg.Client({ connectionString: database.url });
      await client.connect();
      try {
        const { rows } = await client.query('SELECT id FROM search.indexes WHERE name = $1', [index]);
        await client.query(toSql(rows[0].id));
      } finally {
        await client.end();
      }
    };
    return {
      engine: new PostgresSearchEngine({ url: database.url }),
      removeAlias: (index, alias) =>
        execute((id) => `DELETE FROM search.aliases WHERE index_id = ${id} AND name = '${alias}'`, index),
      addField: (index) => execute((id) => `ALTER TABLE search.documents_${id} ADD COLUMN extra text`, index),
      remove: () => database.remove(),
    };
  });
});
