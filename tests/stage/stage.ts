import {
  createTestPlaces,
  type Engines,
  type RabbitManagement,
  type RunningService,
  startService,
  type TestPlaces,
} from '@lockstep/testing';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, vi } from 'vitest';
import { ElasticsearchMasterIndex } from './elasticsearch-master-index.js';
import { type CallOptions, callHttp, type HttpAnswer } from './http.js';
import type { MasterIndex } from './master-index.js';
import { PostgresMasterIndex } from './postgres-master-index.js';

/** The services that these tests run, each a process of its own. */
export type App = 'tcs' | 'integration' | 'recommendation' | 'connection' | 'import' | 'shop-update' | 'returns';

/** Every run of the sync needs them: the second source, and both projections. They run wherever `integration` does. */
const ALWAYS: readonly App[] = ['recommendation', 'connection'];

/** Environment added for one service. */
export type ServiceEnv = Record<string, string>;

/** The key of the first admin, known to every service of a stage. */
const ADMIN_TOKEN = 'test-admin-token-of-a-stage';

const LOG_TAIL_LINES = 40;
/** Every wait within a test has its own, shorter limit, which says what was waited for. */
const TEST_LIMIT_MS = 400_000;

/**
 * A private place on the engines (a virtual host, a database, a prefix of index names; on an embedded PostgreSQL one
 * database) and the real services that run in it. Nothing of it is seen by other suites, and nothing of it is left behind.
 */
export class Stage {
  private places!: TestPlaces;
  private readonly services = new Map<App, RunningService>();
  private readonly ended: { app: App; service: RunningService }[] = [];
  readonly adminToken = ADMIN_TOKEN;

  constructor(
    readonly engines: Engines,
    /** Settings of every service on this stage, beside those that name the place. */
    private readonly settings: ServiceEnv = {},
  ) {}

  async open(): Promise<void> {
    this.places = await createTestPlaces(this.engines);
  }

  async close(): Promise<void> {
    await Promise.all([...this.services.values()].map((service) => service.kill('SIGKILL')));
    await this.places?.remove();
  }

  /** What a service on this stage is started with. */
  env(): ServiceEnv {
    return {
      NODE_ENV: 'test',
      RABBITMQ_URL: this.places.rabbitmqUrl,
      DATABASE_URL: this.places.databaseUrl,
      ELASTICSEARCH_URL: this.places.elasticsearchUrl,
      INDEX_PREFIX: this.places.indexPrefix,
      LOCKSTEP_ADMIN_TOKEN: ADMIN_TOKEN,
      ...this.settings,
    };
  }

  /** Starts a service, or starts it anew with another environment; resolves when it is ready. */
  async start(app: App, env: ServiceEnv = {}, main?: string): Promise<RunningService> {
    await this.stop(app);
    const service = await startService({ app, env: { ...this.env(), ...env }, ...(main ? { main } : {}) });
    this.services.set(app, service);
    return service;
  }

  async stop(app: App, signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const service = this.services.get(app);
    if (!service) return;
    await service.kill(signal);
    this.services.delete(app);
    this.ended.push({ app, service });
  }

  service(app: App): RunningService {
    const service = this.services.get(app);
    if (!service) throw new Error(`${app} does not run on this stage`);
    return service;
  }

  /** Calls a service's REST interface as the admin, unless told otherwise. */
  call<Body = Record<string, unknown>>(
    app: App,
    method: string,
    path: string,
    options: CallOptions = {},
  ): Promise<HttpAnswer<Body>> {
    return callHttp<Body>(this.service(app).url + path, method, { token: ADMIN_TOKEN, ...options });
  }

  /** Only on real engines. */
  get rabbit(): RabbitManagement {
    return this.places.management;
  }

  /** `amqp:`, or `postgres:` where messages are kept in the database. */
  get brokerUrl(): string {
    return this.places.rabbitmqUrl;
  }

  /** Messages in all queues, those in hand and those parked included; RabbitMQ's figure may be old. */
  countMessages(): Promise<number> {
    return this.places.countMessages();
  }

  get index(): MasterIndex {
    const { elasticsearchUrl, indexPrefix } = this.places;
    return this.engines.kind === 'real'
      ? new ElasticsearchMasterIndex(elasticsearchUrl, indexPrefix)
      : new PostgresMasterIndex((sql, values) => this.query(sql, values), indexPrefix);
  }

  /** Asks the database directly: to compute what should be, never to arrange what the services should have done. */
  async query<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return this.withDatabase(async (client) => (await client.query<Row>(sql, values)).rows);
  }

  async withDatabase<T>(use: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: this.places.databaseUrl });
    // A database that is restarted on purpose ends idle connections; the query in hand tells it.
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await use(client);
    } finally {
      await client.end();
    }
  }

  /** What a stranger needs to understand a failure: the runs, their issues, the queues and the ends of the logs. */
  async evidence(): Promise<string> {
    const parts = [
      ...(this.services.has('integration') ? await this.evidenceOfRuns() : []),
      ...(this.services.has('import') ? await this.evidenceOfImports() : []),
      await this.look('queues', () => this.describeQueues()),
      ...[...this.services].map(([app, service]) => `--- log of ${app}\n${tail(service.logs())}`),
      ...this.ended.slice(-2).map(({ app, service }) => `--- log of ${app} (ended)\n${tail(service.logs())}`),
    ];
    return parts.join('\n');
  }

  private async evidenceOfRuns(): Promise<string[]> {
    return [
      await this.look('runs', () => this.call('integration', 'GET', '/api/sync/runs?pageSize=3')),
      await this.look('issues', () =>
        this.query(
          'SELECT run_id, severity, key, code, message FROM integration.sync_issue ORDER BY severity, id DESC LIMIT 20',
        ),
      ),
      await this.look('batches', () =>
        this.query(
          'SELECT run_id, name, state, asks, batches, expected, received FROM integration.sync_phase ORDER BY run_id, position',
        ),
      ),
    ];
  }

  private async evidenceOfImports(): Promise<string[]> {
    return [
      await this.look('imports', () => this.call('import', 'GET', '/api/imports?pageSize=5')),
      await this.look('errors', () => this.query('SELECT * FROM import.import_error ORDER BY id DESC LIMIT 20')),
      await this.look('requests', () =>
        this.query('SELECT kind, state, attempt, count(*)::int FROM import.dispatch GROUP BY 1, 2, 3'),
      ),
    ];
  }

  private async describeQueues(): Promise<string[]> {
    if (this.engines.kind === 'real') {
      return (await this.rabbit.queues()).map(
        (queue) => `${queue.name} ready ${queue.messages_ready} unacked ${queue.messages_unacknowledged}`,
      );
    }
    const rows = await this.query<{ name: string; total: number; unacked: number }>(
      `SELECT name, count(*)::int AS total, count(claimed_by)::int AS unacked
       FROM broker.message JOIN broker.queue ON queue.id = queue_id GROUP BY name ORDER BY name`,
    );
    return rows.map(({ name, total, unacked }) => `${name} ready ${total - unacked} unacked ${unacked}`);
  }

  private async look(what: string, read: () => Promise<unknown>): Promise<string> {
    try {
      return `--- ${what}\n${JSON.stringify(await read(), null, 1)}`;
    } catch (error) {
      return `--- ${what}: ${String(error)}`;
    }
  }
}

/**
 * A stage for the tests of a suite: opened before them with the services named, closed after them. A test that fails
 * prints the stage's evidence.
 */
export function useStage(engines: Engines, options: { services: App[]; settings?: ServiceEnv }): Stage {
  const stage = new Stage(engines, options.settings);
  vi.setConfig({ testTimeout: TEST_LIMIT_MS, hookTimeout: TEST_LIMIT_MS });
  beforeAll(async () => {
    await stage.open();
    const isSync = options.services.includes('integration');
    const apps = [...new Set([...options.services, ...(isSync ? ALWAYS : [])])];
    await Promise.all(apps.map((app) => stage.start(app)));
  });
  afterAll(() => stage.close());
  beforeEach((context) => {
    context.onTestFailed(async () => console.error(await stage.evidence()));
  });
  return stage;
}

/** Without the lines that only tell of requests: a test that polls makes hundreds of them. */
function tail(log: string): string {
  const lines = log
    .trimEnd()
    .split('\n')
    .filter((line) => !line.includes('"msg":"request"'));
  return lines.slice(-LOG_TAIL_LINES).join('\n');
}
