import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@lockstep/database';
import { readOrMakeSecret } from '../data-folder.js';
import type { EnginesInUse } from '../front/running-service.js';
import type { StandaloneConfig } from '../standalone.config.js';

/** The engines that this process works with. */
export interface Engines {
  readonly databaseUrl: string;
  readonly rabbitmqUrl: string;
  readonly elasticsearchUrl: string;
  readonly inUse: EnginesInUse;
  /** `undefined` when DATABASE_URL names one. */
  readonly embedded: EmbeddedPostgres | undefined;
}

/**
 * Takes the engines that the settings name. A database that they do not name is an embedded one; broker and search that
 * they do not name are kept in the database.
 */
export async function startEngines(config: StandaloneConfig, dataDir: string): Promise<Engines> {
  const embedded = config.databaseUrl
    ? undefined
    : await startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres'), database: 'lockstep' });
  const databaseUrl = config.databaseUrl ?? (embedded as EmbeddedPostgres).url;
  return {
    databaseUrl,
    rabbitmqUrl: config.rabbitmqUrl ?? databaseUrl,
    elasticsearchUrl: config.elasticsearchUrl ?? databaseUrl,
    inUse: {
      database: embedded ? 'PostgreSQL, embedded' : 'PostgreSQL',
      broker: config.rabbitmqUrl ? 'RabbitMQ' : 'kept in PostgreSQL',
      search: config.elasticsearchUrl ? 'Elasticsearch' : 'kept in PostgreSQL',
    },
    embedded,
  };
}

/** The environment of the services: ours, with the engines and the secrets that were settled on. */
export function environmentOfServices(
  env: NodeJS.ProcessEnv,
  engines: Engines,
  settled: { adminToken: string; shutdownGraceMs: number; dataDir: string },
): NodeJS.ProcessEnv {
  const settings: Record<string, string> = {
    DATABASE_URL: engines.databaseUrl,
    RABBITMQ_URL: engines.rabbitmqUrl,
    ELASTICSEARCH_URL: engines.elasticsearchUrl,
    LOCKSTEP_ADMIN_TOKEN: settled.adminToken,
    SHUTDOWN_GRACE_MS: String(settled.shutdownGraceMs),
    // With all else that is kept.
    IMPORT_UPLOAD_DIR: env['IMPORT_UPLOAD_DIR'] ?? join(settled.dataDir, 'imports'),
    // The simulated shop of the demo is on this machine.
    SHOP_URL_ALLOW_PRIVATE: env['SHOP_URL_ALLOW_PRIVATE'] ?? 'on',
  };
  // What it has hashed lies beside it. A database that others look after may outlive this folder: its key is theirs to keep.
  if (engines.embedded && !env['RETURNS_HASH_KEY'] && !env['RETURNS_HASH_KEY_FILE']) {
    settings['RETURNS_HASH_KEY'] = readOrMakeSecret(settled.dataDir, 'returns-hash-key');
  }
  // A setting that came from a file was read already, and may not be there twice.
  const files = new Set(Object.keys(settings).map((name) => `${name}_FILE`));
  const others = Object.entries(env).filter(([name]) => !files.has(name));
  return { ...Object.fromEntries(others), ...settings };
}
