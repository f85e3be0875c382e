import type { RetentionLimits } from '@lockstep/database';
import { IsIn, IsInt, IsNotEmpty, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { Env } from './env.js';

/** Levels of the log, the quietest first. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

const NETWORK = '(loopback|linklocal|uniquelocal|[0-9a-fA-F]*[.:][0-9a-fA-F.:]*(/\\d{1,3})?)';
const TRUST_PROXY = new RegExp(`^(\\d{1,2}|${NETWORK}(, *${NETWORK})*)$`);

/** The settings that every service has. A service adds its own in a subclass. */
export class ServiceConfig {
  /** 0 takes any free port. */
  @Env('PORT', { expects: 'a port from 0 to 65535' })
  @IsInt()
  @Min(0)
  @Max(65_535)
  port: number = 3000;

  @Env('HOST')
  @IsNotEmpty()
  host: string = '0.0.0.0';

  @Env('LOG_LEVEL', { expects: `one of ${LOG_LEVELS.join(', ')}` })
  @IsIn([...LOG_LEVELS])
  logLevel: string = 'info';

  /** Where messages travel: a RabbitMQ, or a PostgreSQL database that carries them itself. */
  @Env('RABBITMQ_URL', {
    expects: 'amqp://user:password@host:port/vhost, or postgres://user:password@host:port/database',
    isSecret: true,
  })
  @Matches(/^(amqps?|postgres(ql)?):\/\/.+/)
  rabbitmqUrl!: string;

  @Env('DATABASE_URL', { expects: 'postgres://user:password@host:port/database', isSecret: true })
  @Matches(/^postgres(ql)?:\/\/.+/)
  databaseUrl!: string;

  /** Connections to the database. Each replica of each service has a pool of its own: mind `max_connections`. */
  @Env('DATABASE_POOL_SIZE', { expects: 'a whole number from 2 to 200' })
  @IsInt()
  @Min(2)
  @Max(200)
  databasePoolSize: number = 10;

  /** Time for what is in hand after SIGTERM; closing connections may take 5 s more. Keep the orchestrator's own limit above both. */
  @Env('SHUTDOWN_GRACE_MS', { expects: 'milliseconds, from 0 to 600000' })
  @IsInt()
  @Min(0)
  @Max(600_000)
  shutdownGraceMs: number = 25_000;

  /** Largest JSON body; more is answered with 413. Streams (NDJSON, uploads) state their own limits. */
  @Env('BODY_LIMIT_BYTES', { expects: 'bytes, from 1024 to 104857600' })
  @IsInt()
  @Min(1_024)
  @Max(104_857_600)
  bodyLimitBytes: number = 1_048_576;

  /** How long history is kept: runs with their issues and events, the audit, dead letters that were dealt with. */
  @Env('RETENTION_DAYS', { expects: 'days, from 1 to 3650' })
  @IsInt()
  @Min(1)
  @Max(3_650)
  retentionDays: number = 90;

  /** Runs that are kept, within those days. */
  @Env('RETENTION_RUNS', { expects: 'a whole number from 1 to 100000' })
  @IsInt()
  @Min(1)
  @Max(100_000)
  retentionRuns: number = 500;

  /** An admin's key that needs no row in the database; without it the first admin must be made there. */
  @Env('LOCKSTEP_ADMIN_TOKEN', { expects: 'a secret without blanks', isSecret: true })
  @IsOptional()
  @Matches(/^\S+$/)
  adminToken?: string;

  /**
   * Which proxies may tell the caller's address: how many stand before the service, or their networks. Never "all": then
   * anybody could forge an address.
   */
  @Env('TRUST_PROXY', { expects: 'a number of proxies, or a comma list of addresses and networks (10.0.0.0/8)' })
  @IsOptional()
  @Matches(TRUST_PROXY)
  trustProxy?: string;

  /** Shown in `app_build_info`. */
  @Env('LOCKSTEP_COMMIT')
  @IsString()
  commit: string = '';

  get retention(): RetentionLimits {
    return { days: this.retentionDays, runs: this.retentionRuns };
  }
}

/** Adds what a service with a search index needs. */
export class SearchingServiceConfig extends ServiceConfig {
  /** A `postgres://` URL serves search from PostgreSQL instead, in a schema of its own: for small installations. */
  @Env('ELASTICSEARCH_URL', {
    expects: 'http://host:port, or postgres://user:password@host:port/database',
    isSecret: true,
  })
  @Matches(/^(https?|postgres(ql)?):\/\/.+/)
  elasticsearchUrl!: string;

  /** Stands before the name of each index and alias, so that installations can share a cluster. */
  @Env('INDEX_PREFIX', { expects: 'lower-case letters, digits, "-" and "_"' })
  @Matches(/^([a-z0-9][a-z0-9_-]*)?$/)
  indexPrefix: string = '';
}
