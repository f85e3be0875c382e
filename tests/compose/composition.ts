import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import {
  createIndexPrefix,
  createTestDatabase,
  createTestVhost,
  type RealEngines,
  type RunningService,
  startService,
  type TestDatabase,
} from '@lockstep/testing';
import pg from 'pg';
import { appServices, type ComposeFile, imageEnvironment, readComposeFile } from './compose-file.js';
import { FrontDoor } from './front-door.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MIGRATION_LIMIT_MS = 120_000;

/** What docker-compose.yml describes, as processes on a place of their own on the test engines. */
export class Composition {
  readonly token = 'test-admin-token-of-a-composition';
  readonly file: ComposeFile = readComposeFile({ LOCKSTEP_ADMIN_TOKEN: this.token });
  readonly services = new Map<string, RunningService>();
  readonly frontDoor: FrontDoor;
  private database!: TestDatabase;
  /** What stands in for the engines' addresses of the file. */
  private place: Record<string, string> = {};
  private readonly ends: (() => Promise<unknown>)[] = [];

  constructor(
    private readonly engines: RealEngines,
    nginx: string,
  ) {
    this.frontDoor = new FrontDoor(nginx, this.file.services['front-door'] ?? {});
  }

  async open(): Promise<void> {
    const vhost = await createTestVhost(this.engines);
    this.ends.push(() => vhost.remove());
    this.database = await createTestDatabase(this.engines);
    this.ends.push(() => this.database.remove());
    const { prefix, remove } = createIndexPrefix(this.engines);
    this.ends.push(remove);
    const { elasticsearchUrl } = this.engines;
    this.place = {
      RABBITMQ_URL: vhost.url,
      DATABASE_URL: this.database.url,
      ELASTICSEARCH_URL: elasticsearchUrl,
      INDEX_PREFIX: prefix,
    };
  }

  async close(): Promise<void> {
    await this.frontDoor.stop();
    await Promise.all([...this.services.values()].map((service) => service.kill('SIGKILL')));
    for (const end of this.ends.reverse()) await end();
  }

  /** What a service of the file is started with. */
  environment(name: string): Record<string, string> {
    return { ...imageEnvironment(), ...this.file.services[name]?.environment, ...this.place };
  }

  /** The job that the services wait for; its exit code and what it said. */
  async migrate(): Promise<{ code: number | null; output: string }> {
    const child = spawn(process.execPath, this.file.services['migrate']?.command ?? [], {
      cwd: ROOT,
      env: this.environment('migrate'),
      timeout: MIGRATION_LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output };
  }

  /** All services, and the front door before them. */
  async start(): Promise<void> {
    const start = async (app: string, [main = '']: string[] = []) => {
      const service = await startService({ app, main: ROOT + main, env: this.environment(app) });
      this.services.set(app, service);
    };
    await Promise.all(appServices(this.file).map(([name, { command }]) => start(name, command)));
    await this.frontDoor.start(new Map([...this.services].map(([name, { url }]) => [name, url])));
  }

  service(name: string): RunningService {
    const service = this.services.get(name);
    if (!service) throw new Error(`${name} does not run`);
    return service;
  }

  /** A request through the front door, as the admin. */
  call(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(this.frontDoor.url + path, {
      method,
      signal: AbortSignal.timeout(60_000),
      ...init,
      headers: { authorization: `Bearer ${this.token}`, ...init.headers },
    });
  }

  /** Every table of every service, with the columns. */
  async tables(): Promise<string[]> {
    const client = new pg.Client({ connectionString: this.database.url });
    await client.connect();
    try {
      const { rows } = await client.query<{ name: string }>(
        `SELECT concat_ws('.', table_schema, table_name, column_name) AS name FROM information_schema.columns
         WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY name`,
      );
      return rows.map(({ name }) => name);
    } finally {
      await client.end();
    }
  }
}
