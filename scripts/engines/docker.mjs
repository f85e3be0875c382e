/** The same three engines as containers, where a Docker daemon answers. Ports are bound to 127.0.0.1 only. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { enginesFolder, makeFolder } from './folder.mjs';
import { ELASTICSEARCH_VERSION } from './install.mjs';
import { choosePorts, waitUntil } from './process.mjs';
import { readRecord, writeRecord } from './supervisor.mjs';

const START_LIMIT_MS = 120_000;
const PULL_LIMIT_MS = 600_000;

const containers = {
  rabbitmq: ({ password }) => ({
    image: 'rabbitmq:4-management',
    inner: [5672, 15672],
    env: { RABBITMQ_DEFAULT_USER: 'lockstep', RABBITMQ_DEFAULT_PASS: password },
  }),
  postgres: ({ password }) => ({
    image: 'postgres:17',
    inner: [5432],
    env: { POSTGRES_USER: 'lockstep', POSTGRES_PASSWORD: password, POSTGRES_DB: 'lockstep' },
    args: ['-c', 'max_connections=300', '-c', 'shared_buffers=256MB'],
  }),
  elasticsearch: () => ({
    image: `docker.elastic.co/elasticsearch/elasticsearch:${ELASTICSEARCH_VERSION}`,
    inner: [9200],
    env: {
      'discovery.type': 'single-node',
      'xpack.security.enabled': 'false',
      'cluster.routing.allocation.disk.threshold_enabled': 'false',
      'action.auto_create_index': 'false',
      ES_JAVA_OPTS: '-Xms1g -Xmx1g',
    },
  }),
};

export function dockerAnswers() {
  return docker(['info'], 10_000).status === 0;
}

/** `run` for a new container, `start` for one that was stopped or killed; both leave a running one alone. */
export async function startContainer(engine) {
  const name = `lockstep-${process.getuid?.() ?? 'user'}-${engine.name}`;
  const known = readRecord(engine);
  const exists = docker(['inspect', name], 10_000).status === 0;
  if (exists && known?.container !== name) throw new Error(`container ${name} is not ours; remove it first`);
  const record = exists ? known : await createContainer(engine, name);
  if (exists) must(docker(['start', name], START_LIMIT_MS));
  makeFolder(join(enginesFolder, engine.name));
  writeRecord(engine, record);
  if (!(await waitUntil(() => engine.isReady(record), START_LIMIT_MS))) {
    throw new Error(`${engine.name} did not start:\n${docker(['logs', '--tail', '40', name], 10_000).stdout}`);
  }
  await engine.afterStart?.(record);
  return record;
}

async function createContainer(engine, name) {
  const password = randomBytes(12).toString('hex');
  const { image, inner, env, args = [] } = containers[engine.name]({ password });
  const ports = await choosePorts(inner.length);
  const publish = inner.flatMap((port, index) => ['-p', `127.0.0.1:${ports[index]}:${port}`]);
  const settings = Object.entries(env).flatMap(([key, value]) => ['-e', `${key}=${value}`]);
  must(docker(['run', '-d', '--name', name, ...publish, ...settings, image, ...args], PULL_LIMIT_MS));
  return { container: name, ports, password };
}

export function stopContainer({ container }) {
  must(docker(['stop', container], 60_000));
}

function docker(args, timeout) {
  return spawnSync('docker', args, { encoding: 'utf8', timeout });
}

function must({ status, stderr, error }) {
  if (status !== 0) throw new Error(`docker failed: ${error?.message ?? stderr}`);
}
