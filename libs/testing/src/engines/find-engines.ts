import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

/** Where the real engines of a test run answer. All URLs carry their credentials. */
export interface RealEngines {
  readonly kind: 'real';
  readonly rabbitmqUrl: string;
  /** `http://user:password@host:port` of the management plugin. */
  readonly rabbitmqManagementUrl: string;
  readonly databaseUrl: string;
  readonly elasticsearchUrl: string;
}

/** One embedded PostgreSQL, which keeps the messages and the search indexes too. The URL carries its credentials. */
export interface EmbeddedEngines {
  readonly kind: 'embedded';
  readonly databaseUrl: string;
}

/** What Lockstep can run on. */
export type Engines = RealEngines | EmbeddedEngines;

/** Either the engines, or why there are none: one sentence that ends with the command which helps. */
export type EnginesFound<E extends Engines = RealEngines> =
  | { readonly engines: E }
  | { readonly engines: undefined; readonly reason: string };

/** The variables that name engines, and the names under which `npm run engines` writes its state file. */
export interface EngineVariables {
  readonly RABBITMQ_URL?: string;
  readonly RABBITMQ_MANAGEMENT_URL?: string;
  readonly DATABASE_URL?: string;
  readonly ELASTICSEARCH_URL?: string;
}

/** Long, because an engine that is merely busy must not cost a run its suites. */
const PROBE_LIMIT_MS = 60_000;
const HOW_TO_START = 'start them with: npm run engines';
let found: Promise<EnginesFound> | undefined;

/**
 * Finds the real engines: the variables RABBITMQ_URL, RABBITMQ_MANAGEMENT_URL, DATABASE_URL and ELASTICSEARCH_URL, each of
 * them before what `npm run engines` has written, and asks every one whether it answers (60 s at most). The answer is
 * kept for the process.
 */
export function findEngines(): Promise<EnginesFound> {
  found ??= lookForEngines(process.env, readStateFile());
  return found;
}

/** `findEngines` with the variables and the state given: nothing is read and nothing is kept. */
export async function lookForEngines(env: EngineVariables, state: EngineVariables): Promise<EnginesFound> {
  const missing: string[] = [];
  const url = (name: keyof EngineVariables): string => {
    const value = env[name] || state[name];
    if (!value) missing.push(name);
    return value ?? '';
  };
  const engines: RealEngines = {
    kind: 'real',
    rabbitmqUrl: url('RABBITMQ_URL'),
    rabbitmqManagementUrl: url('RABBITMQ_MANAGEMENT_URL'),
    databaseUrl: url('DATABASE_URL'),
    elasticsearchUrl: url('ELASTICSEARCH_URL'),
  };
  if (missing.length > 0) return { engines: undefined, reason: `no engines (${missing.join(', ')}); ${HOW_TO_START}` };
  const silent = await findSilent(engines);
  if (silent.length > 0) return { engines: undefined, reason: `no answer from ${silent.join(', ')}; ${HOW_TO_START}` };
  return { engines };
}

/**
 * What `npm run engines` wrote to `<temporary folder>/lockstep-engines-<uid>/engines.json`; empty when it has not run.
 */
export function readStateFile(): EngineVariables {
  try {
    const uid = process.getuid?.() ?? 'user';
    return JSON.parse(readFileSync(join(tmpdir(), `lockstep-engines-${uid}`, 'engines.json'), 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

async function findSilent(engines: RealEngines): Promise<string[]> {
  const probes = {
    RabbitMQ: () => probeHttp(engines.rabbitmqManagementUrl, '/api/whoami'),
    PostgreSQL: () => probeDatabase(engines.databaseUrl),
    Elasticsearch: () => probeHttp(engines.elasticsearchUrl, '/_cluster/health'),
  };
  const answers = await Promise.allSettled(Object.values(probes).map((probe) => probe()));
  return Object.keys(probes).filter((_, index) => answers[index]?.status === 'rejected');
}

async function probeHttp(url: string, path: string): Promise<void> {
  const { origin, username, password } = new URL(url);
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  const headers: Record<string, string> = username ? { authorization: `Basic ${credentials}` } : {};
  const answer = await fetch(origin + path, { headers, signal: AbortSignal.timeout(PROBE_LIMIT_MS) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
}

async function probeDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: PROBE_LIMIT_MS });
  try {
    await client.connect();
  } finally {
    await client.end();
  }
}
