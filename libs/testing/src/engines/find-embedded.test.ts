import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { describeOnEveryEngine } from './describe-with-engines.js';
import { findEmbedded } from './find-embedded.js';
import { createTestPlaces } from './test-places.js';

describe('findEmbedded', () => {
  it('finds what the set-up of the run has started', () => {
    const url = 'postgres://lockstep:x@127.0.0.1:1/lockstep';
    expect(findEmbedded({ LOCKSTEP_TEST_EMBEDDED_URL: url })).toEqual({
      engines: { kind: 'embedded', databaseUrl: url },
    });
  });

  it('tells why there is none', () => {
    expect(findEmbedded({ LOCKSTEP_TEST_EMBEDDED_REASON: 'no binaries for this platform' })).toEqual({
      engines: undefined,
      reason: 'no embedded PostgreSQL: no binaries for this platform',
    });
    expect(findEmbedded({})).toMatchObject({ reason: expect.stringContaining('run the tests from the root folder') });
  });
});

describeOnEveryEngine('the places of a whole service', (engines) => {
  it('have a database of their own, and RabbitMQ only where there is one', async () => {
    const places = await createTestPlaces(engines);
    const client = new pg.Client({ connectionString: places.databaseUrl });
    await client.connect();
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await client.end();
    await places.importDefinitions({});
    if (engines.kind === 'real') {
      expect(places.rabbitmqUrl).toMatch(/^amqp:/);
      expect(await places.management.queues()).toEqual([]);
    } else {
      expect([places.rabbitmqUrl, places.elasticsearchUrl]).toEqual([places.databaseUrl, places.databaseUrl]);
      expect(() => places.management).toThrow('describeWithEngines');
    }
    await places.remove();
    await expect(new pg.Client({ connectionString: places.databaseUrl }).connect()).rejects.toThrow(/does not exist/);
  });
});
