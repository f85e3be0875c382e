import type { EmbeddedEngines, Engines, RealEngines } from './find-engines.js';
import type { RabbitManagement } from './rabbit-management.js';
import { createTestDatabase, execute } from './test-database.js';
import { createIndexPrefix } from './test-index-prefix.js';
import { uniqueName } from './test-name.js';
import { createTestVhost } from './test-vhost.js';

/**
 * A database, a place for messages and one for indexes that nobody else uses. On real engines these are a virtual host and a
 * prefix of index names, on an embedded PostgreSQL the same database, whose URL is then all three.
 */
export interface TestPlaces {
  readonly databaseUrl: string;
  readonly rabbitmqUrl: string;
  readonly elasticsearchUrl: string;
  readonly indexPrefix: string;
  /** The same as the environment of a service: DATABASE_URL, RABBITMQ_URL, ELASTICSEARCH_URL, INDEX_PREFIX. */
  readonly env: Readonly<Record<string, string>>;
  /** RabbitMQ's view of the messages. @throws Error on an embedded PostgreSQL, where there is no RabbitMQ */
  readonly management: RabbitManagement;
  /**
   * Sees to it that every queue of a definitions file (`buildRabbitDefinitions`) takes messages before its consumer has ever
   * run. Nothing is to be done on PostgreSQL: there each broker makes the queues of its whole catalogue when it connects.
   */
  importDefinitions(definitions: object): Promise<void>;
  /**
   * Messages in the queues named, else in all, those in hand and those parked included. RabbitMQ's figure is up to a second
   * old, PostgreSQL's is exact; there it throws until the first broker has connected.
   */
  countMessages(queues?: readonly string[]): Promise<number>;
  /** Takes all of it away, under its users. */
  remove(): Promise<void>;
}

/** Makes what a whole service needs of the engines. Call `remove` when the suite is done. */
export function createTestPlaces(engines: Engines): Promise<TestPlaces> {
  return engines.kind === 'real' ? createRealPlaces(engines) : createEmbeddedPlaces(engines);
}

async function createRealPlaces(engines: RealEngines): Promise<TestPlaces> {
  const [database, vhost] = await Promise.all([createTestDatabase(engines), createTestVhost(engines)]);
  const indexes = createIndexPrefix(engines);
  return {
    ...placeOf(database.url, vhost.url, engines.elasticsearchUrl, indexes.prefix),
    management: vhost.management,
    importDefinitions: (definitions) => vhost.management.importDefinitions(definitions),
    countMessages: async (names) => {
      const queues = (await vhost.management.queues()).filter(({ name }) => names?.includes(name) ?? true);
      return queues.reduce((sum, { messages }) => sum + (messages ?? 0), 0);
    },
    remove: async () => {
      await Promise.all([database.remove(), vhost.remove(), indexes.remove()]);
    },
  };
}

async function createEmbeddedPlaces(engines: EmbeddedEngines): Promise<TestPlaces> {
  const { url, remove } = await createTestDatabase(engines);
  return {
    ...placeOf(url, url, url, `${uniqueName('-')}-`),
    get management(): RabbitManagement {
      throw new Error('no RabbitMQ on an embedded PostgreSQL: a suite that manages it is a describeWithEngines');
    },
    importDefinitions: async () => undefined,
    countMessages: async (names) => {
      const counts = await execute<{ name: string; count: number }>(
        url,
        'select name, count(*)::int as count from broker.message join broker.queue on queue.id = queue_id group by name',
      );
      const wanted = counts.filter(({ name }) => names?.includes(name) ?? true);
      return wanted.reduce((sum, { count }) => sum + count, 0);
    },
    remove,
  };
}

function placeOf(databaseUrl: string, rabbitmqUrl: string, elasticsearchUrl: string, indexPrefix: string) {
  const env = {
    DATABASE_URL: databaseUrl,
    RABBITMQ_URL: rabbitmqUrl,
    ELASTICSEARCH_URL: elasticsearchUrl,
    INDEX_PREFIX: indexPrefix,
  };
  return { databaseUrl, rabbitmqUrl, elasticsearchUrl, indexPrefix, env };
}
