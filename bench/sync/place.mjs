/** A virtual host, a database and a prefix of index names of our own on the engines, with the services running in it. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { cleanUp } from '../machine/clean-up.mjs';
import { findListener, maxRssMb } from '../machine/processes.mjs';
import { Elastic } from './elastic.mjs';

const SERVICES = ['tcs', 'integration', 'recommendation', 'connection'];
const REQUIRED = ['tcs', 'integration'];

/**
 * The services that take part: compiled, and named by the message catalogue, without which they refuse to start. Throws when
 * one is missing without which there is no run.
 */
export async function servicesTakingPart() {
  const { messagesPublishedBy, queuesConsumedBy } = await compiled('contracts/dist/index.js');
  const isBuilt = (app) => existsSync(new URL(`../../apps/${app}/dist/main.js`, import.meta.url));
  const isNamed = (app) => messagesPublishedBy(app).length + queuesConsumedBy(app).length > 0;
  const missing = REQUIRED.filter((app) => !isBuilt(app));
  if (missing.length > 0) throw new Error(`${missing.join(', ')} is not built; run: npm run build`);
  return SERVICES.filter((app) => isBuilt(app) && isNamed(app));
}

/** The engines of `npm run engines`, or those that the environment names; throws, naming the command, when there are none. */
export async function findEngines() {
  const { findEngines: find } = await compiled('testing/dist/engines/find-engines.js');
  const found = await find();
  if (!found.engines) throw new Error(found.reason);
  return found.engines;
}

/** Ids of the processes behind the engines, each the root of a family; undefined where a process is not visible. */
export function enginePids(engines) {
  const portOf = (url, fallback) => Number(new URL(url).port || fallback);
  return {
    postgres: [findListener(portOf(engines.databaseUrl, 5432))],
    rabbitmq: [findListener(portOf(engines.rabbitmqUrl, 5672))],
    elasticsearch: [findListener(portOf(engines.elasticsearchUrl, 9200))],
  };
}

/** Opens a place and starts the services in it, as in production, with further settings where a bench needs some. */
export async function openPlace(engines, apps, settings = {}) {
  const { createTestVhost } = await compiled('testing/dist/engines/test-vhost.js');
  const { createTestDatabase } = await compiled('testing/dist/engines/test-database.js');
  const { createIndexPrefix } = await compiled('testing/dist/engines/test-index-prefix.js');
  const elastic = new Elastic(engines.elasticsearchUrl);
  const { prefix, remove: removeIndices } = createIndexPrefix(engines);
  const ends = [
    cleanUp.add('removing the indices', async () => {
      await removeIndices();
      await removeTemplates(elastic, `lockstep-${prefix}`);
    }),
  ];
  const database = await createTestDatabase(engines);
  ends.push(cleanUp.add('removing the database', () => database.remove()));
  const vhost = await createTestVhost(engines);
  ends.push(cleanUp.add('removing the virtual host', () => vhost.remove()));
  const pool = new pg.Pool({ connectionString: database.url, max: 2 });
  // The database is dropped under the idle connections when the bench is interrupted.
  pool.on('error', () => undefined);
  ends.push(cleanUp.add('closing connections', () => pool.end()));
  const place = {
    elastic,
    prefix,
    pool,
    engines,
    rabbit: vhost.management,
    databaseUrl: database.url,
    rabbitmqUrl: vhost.url,
    token: randomBytes(16).toString('hex'),
    settings,
    services: {},
    async close() {
      for (const end of ends.reverse()) await end();
    },
  };
  for (const app of apps) {
    place.services[app] = await startOne(place, app);
    ends.push(cleanUp.add(`stopping ${app}`, () => place.services[app].kill('SIGTERM')));
  }
  return place;
}

/** Each index family has one. Listed first: to delete by a pattern that matches nothing is an error. */
async function removeTemplates(elastic, beginning) {
  const { index_templates: all = [] } = await elastic.request(
    'GET',
    '/_index_template?filter_path=index_templates.name',
  );
  const names = all.map(({ name }) => name).filter((name) => name.startsWith(beginning));
  if (names.length > 0) await elastic.request('DELETE', `/_index_template/${names.join(',')}`);
}

async function startOne(place, app) {
  const { startService } = await compiled('testing/dist/start-service.js');
  return startService({
    app,
    env: {
      ...imageEnvironment(),
      RABBITMQ_URL: place.rabbitmqUrl,
      DATABASE_URL: place.databaseUrl,
      ELASTICSEARCH_URL: place.engines.elasticsearchUrl,
      INDEX_PREFIX: place.prefix,
      LOCKSTEP_ADMIN_TOKEN: place.token,
      ...place.settings,
    },
  });
}

/** Starts a service anew, with other settings. */
export async function startAnew(place, app, settings) {
  await place.services[app].kill('SIGTERM');
  Object.assign(place.settings, settings);
  place.services[app] = await startOne(place, app);
}

/** What the image sets for every service, so that the bench measures what is run. */
function imageEnvironment() {
  const dockerfile = readFileSync(new URL('../../docker/Dockerfile', import.meta.url), 'utf8');
  return Object.fromEntries([...dockerfile.matchAll(/^ENV (\w+)=(.+)$/gm)].map(([, name, value]) => [name, value]));
}

/** Groups of processes for a CPU watch: each service and each engine. */
export function processGroups(place) {
  const services = Object.entries(place.services).map(([app, service]) => [app, [service.pid()]]);
  return { ...Object.fromEntries(services), ...enginePids(place.engines) };
}

/** Most memory that each service has held since its start, loading included, in MB. */
export function memoryOfServices(place) {
  const entries = Object.entries(place.services).map(([app, service]) => [app, maxRssMb(service.pid())]);
  return Object.fromEntries(entries);
}

/** Calls a service as the admin; the parsed answer, or an error with what it said and the end of its log. */
export async function call(place, app, method, path, { body, contentType, limitMs = 60_000 } = {}) {
  const service = place.services[app];
  const answer = await fetch(service.url + path, {
    method,
    body,
    duplex: 'half',
    headers: { authorization: `Bearer ${place.token}`, ...(contentType && { 'content-type': contentType }) },
    signal: AbortSignal.timeout(limitMs),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${app} ${method} ${path}: ${answer.status} ${text}\n${logTail(service)}`);
  return text ? JSON.parse(text) : undefined;
}

/** The last lines of a service's log, those of requests left out: following a run makes hundreds of them. */
export function logTail(service) {
  const lines = service.logs().trimEnd().split('\n');
  const told = lines.filter((line) => !line.includes('"msg":"request"'));
  return told.slice(-20).join('\n');
}

export async function query(place, sql, values) {
  return (await place.pool.query(sql, values)).rows;
}

/** Not by the package's name: the root of `testing` also loads the helpers of the test runner. */
export async function compiled(path) {
  const file = new URL(`../../libs/${path}`, import.meta.url);
  return import(file.href).catch((error) => {
    if (error.code === 'ERR_MODULE_NOT_FOUND') throw new Error(`libs/${path} is not built; run: npm run build`);
    throw error;
  });
}
