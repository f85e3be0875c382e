import { Env, LOG_LEVELS } from '@lockstep/service';
import { IsIn, IsInt, IsNotEmpty, IsOptional, Matches, Max, Min } from 'class-validator';

/** People in the demo data, unless told otherwise. */
const DEFAULT_DEMO_TRAINEES = 2_000;

/** Settings of all services in one process. Everything else goes to the services as it is. */
export class StandaloneConfig {
  @Env('PORT', { expects: 'a port from 0 to 65535' })
  @IsInt()
  @Min(0)
  @Max(65_535)
  port: number = 3000;

  /** Only this machine, unless told otherwise: 0.0.0.0 lets others in. */
  @Env('HOST')
  @IsNotEmpty()
  host: string = '127.0.0.1';

  /** Holds everything that is kept: database, admin token, log. */
  @Env('LOCKSTEP_DATA_DIR')
  @IsNotEmpty()
  dataDir: string = '.lockstep';

  /** Without it one is made and kept in the data folder. */
  @Env('LOCKSTEP_ADMIN_TOKEN', { expects: 'a secret without blanks', isSecret: true })
  @IsOptional()
  @Matches(/^\S+$/)
  adminToken?: string;

  /** What a new data folder begins with. Without a setting: demo data, unless DATABASE_URL names a database of yours. */
  @Env('LOCKSTEP_DEMO', { expects: 'on, off, or a number of people from 1 to 1000000' })
  @IsOptional()
  @Matches(/^(on|off|[1-9]\d{0,5}|1000000)$/)
  demo?: string;

  @Env('LOG_LEVEL', { expects: `one of ${LOG_LEVELS.join(', ')}` })
  @IsIn([...LOG_LEVELS])
  logLevel: string = 'info';

  /** Time for requests that are being answered when Lockstep is told to stop. */
  @Env('SHUTDOWN_GRACE_MS', { expects: 'milliseconds, from 0 to 600000' })
  @IsInt()
  @Min(0)
  @Max(600_000)
  shutdownGraceMs: number = 25_000;

  /** Database, broker and search engine; what is not named is embedded. */
  @Env('DATABASE_URL', { isSecret: true })
  @IsOptional()
  @IsNotEmpty()
  databaseUrl?: string;

  @Env('RABBITMQ_URL', { isSecret: true })
  @IsOptional()
  @IsNotEmpty()
  rabbitmqUrl?: string;

  @Env('ELASTICSEARCH_URL', { isSecret: true })
  @IsOptional()
  @IsNotEmpty()
  elasticsearchUrl?: string;

  /** People to load into a new data folder; 0 for none. */
  get demoTrainees(): number {
    if (this.demo === 'off' || (this.demo === undefined && this.databaseUrl !== undefined)) return 0;
    return this.demo === undefined || this.demo === 'on' ? DEFAULT_DEMO_TRAINEES : Number(this.demo);
  }
}
