import type { Engines } from './find-engines.js';
import type { RabbitManagement } from './rabbit-management.js';
import { createTestDatabase } from './test-database.js';
import { createIndexPrefix } from './test-index-prefix.js';
import { createTestVhost } from './test-vhost.js';

/** A database, a virtual host and an index prefix that nobody else uses. */
export interface TestPlaces {
  readonly databaseUrl: string;
  readonly rabbitmqUrl: string;
  readonly management: RabbitManagement;
  readonly elasticsearchUrl: string;
  readonly indexPrefix: string;
  /** Takes all three away, under their users. */
  remove(): Promise<void>;
}

/** Makes what a whole service needs of the engines. Call `remove` when the suite is done. */
export async function createTestPlaces(engines: Engines): Promise<TestPlaces> {
  const [database, vhost] = await Promise.all([createTestDatabase(engines), createTestVhost(engines)]);
  const indexes = createIndexPrefix(engines);
  return {
    databaseUrl: database.url,
    rabbitmqUrl: vhost.url,
    management: vhost.management,
    elasticsearchUrl: engines.elasticsearchUrl,
    indexPrefix: indexes.prefix,
    remove: async () => {
      await Promise.all([database.remove(), vhost.remove(), indexes.remove()]);
    },
  };
}
