/** A RabbitMQ node of our own, with the management plugin, beside whatever the machine runs on the default ports. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder, writeOwned } from './folder.mjs';
import { findOrInstall, onPath, rabbitmqServer } from './install.mjs';
import { isOurs, startDetached, stopProcess } from './process.mjs';

/** Hundreds of replicated queues, each made on the disk. */
const DEFINITIONS_LIMIT_MS = 180_000;
const definitionsFile = new URL('../../docker/rabbitmq/definitions.json', import.meta.url);

export const rabbitmq = {
  name: 'rabbitmq',
  users: ['rabbitmq', 'nobody'],
  /** AMQP, management, distribution between nodes, port mapper. */
  portCount: 4,
  stopSignal: 'SIGTERM',

  install: () => ({ server: findOrInstall('RabbitMQ', rabbitmqServer, ['rabbitmq-server']) }),

  prepare({ folder, owner, ports, password, mapperPid }) {
    makeFolder(join(folder, 'data'), owner);
    makeFolder(join(folder, 'logs'), owner);
    const [amqp, management, , mapper] = ports;
    writeOwned(join(folder, 'enabled_plugins'), '[rabbitmq_management].\n', owner);
    writeOwned(join(folder, 'rabbitmq-env.conf'), '', owner);
    const settings = [
      `listeners.tcp.1 = 127.0.0.1:${amqp}`,
      'management.tcp.ip = 127.0.0.1',
      `management.tcp.port = ${management}`,
      'default_user = lockstep',
      `default_pass = ${password}`,
      'default_user_tags.administrator = true',
      // The management figures that tests poll are a second old at most, not five.
      'collect_statistics_interval = 1000',
    ];
    writeOwned(join(folder, 'rabbitmq.conf'), `${settings.join('\n')}\n`, owner);
    return { record: { mapperPid: startMapper({ folder, owner, port: mapper, pid: mapperPid }) } };
  },

  command({ server }, { folder, ports }) {
    const [, , distribution, mapper] = ports;
    const env = {
      PATH: `${process.env.PATH}:/usr/sbin:/usr/bin:/bin`,
      LANG: 'C.UTF-8',
      // Own home, own Erlang cookie.
      HOME: folder,
      ERL_EPMD_ADDRESS: '127.0.0.1',
      ERL_EPMD_PORT: String(mapper),
      RABBITMQ_NODENAME: 'lockstep@localhost',
      RABBITMQ_DIST_PORT: String(distribution),
      RABBITMQ_MNESIA_BASE: join(folder, 'data'),
      RABBITMQ_LOG_BASE: join(folder, 'logs'),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
      RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
      RABBITMQ_CONF_ENV_FILE: join(folder, 'rabbitmq-env.conf'),
      // The folder stands on the command line, by which a later stop recognises the process.
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `-kernel inet_dist_use_interface {127,0,0,1} -lockstep folder ${folder}`,
      // Makes the script become the server instead of waiting for it: one process, whose id we know.
      RUNNING_UNDER_SYSTEMD: 'true',
    };
    return { file: server, args: [], env };
  },

  async isReady(record) {
    const [amqp] = record.ports;
    const answer = await management(record, `health/checks/port-listener/${amqp}`);
    return answer.ok;
  },

  /** Loads the generated exchanges, queues, bindings and policies, when they exist. Loading twice changes nothing. */
  async afterStart(record) {
    const text = readDefinitions();
    if (!text) return;
    const answer = await management(record, 'definitions/%2F', {
      method: 'POST',
      body: text,
      limitMs: DEFINITIONS_LIMIT_MS,
    });
    if (!answer.ok) throw new Error(`RabbitMQ refused docker/rabbitmq/definitions.json: ${await answer.text()}`);
  },

  async afterStop({ ports, mapperPid }) {
    await stopProcess(mapperPid, mapperMarker(ports[3]));
  },

  logs: ['output.log', 'logs/lockstep@localhost.log'],

  urls: ({ ports, password }) => ({
    RABBITMQ_URL: `amqp://lockstep:${password}@127.0.0.1:${ports[0]}`,
    RABBITMQ_MANAGEMENT_URL: `http://lockstep:${password}@127.0.0.1:${ports[1]}`,
  }),
};

function readDefinitions() {
  try {
    const { exchanges, queues, bindings, policies } = JSON.parse(readFileSync(definitionsFile, 'utf8'));
    return JSON.stringify({ exchanges, queues, bindings, policies });
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function management({ ports, password }, path, { method = 'GET', body, limitMs = 10_000 } = {}) {
  return fetch(`http://127.0.0.1:${ports[1]}/api/${path}`, {
    method,
    body,
    headers: {
      authorization: `Basic ${Buffer.from(`lockstep:${password}`).toString('base64')}`,
      'content-type': 'application/json',
    },
    signal: AbortSignal.timeout(limitMs),
  });
}

/** Erlang's port mapper would otherwise be started by the node as a daemon that nobody stops. */
function startMapper({ folder, owner, port, pid }) {
  if (isOurs(pid, mapperMarker(port))) return pid;
  const file = onPath('epmd');
  if (!file) throw new Error(`epmd is missing beside ${dirname(onPath('erl') ?? 'erl')}`);
  const args = ['-address', '127.0.0.1', '-port', String(port)];
  const child = startDetached({ file, args, env: process.env, owner, cwd: folder, log: join(folder, 'epmd.log') });
  return child.pid;
}

function mapperMarker(port) {
  return `epmd -address 127.0.0.1 -port ${port}`;
}
