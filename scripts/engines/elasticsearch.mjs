/** A single Elasticsearch node of our own, never run as root, which it refuses. */
import { chownSync, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { enginesFolder, makeFolder, writeOwned } from './folder.mjs';
import { elasticsearchHome, findOrInstall, javaHome } from './install.mjs';

export const elasticsearch = {
  name: 'elasticsearch',
  users: ['elasticsearch', 'nobody'],
  /** HTTP and transport. */
  portCount: 2,
  stopSignal: 'SIGTERM',

  install() {
    const java = findOrInstall('Java 17 or newer', javaHome, ['openjdk-17-jre-headless']);
    const cache = join(enginesFolder, 'cache');
    mkdirSync(cache, { recursive: true, mode: 0o755 });
    return { java, home: elasticsearchHome(cache) };
  },

  prepare({ folder, owner, ports }, { home }) {
    const config = makeFolder(join(folder, 'config'), owner);
    for (const name of ['data', 'logs', 'tmp', 'config/jvm.options.d']) makeFolder(join(folder, name), owner);
    for (const name of ['jvm.options', 'log4j2.properties']) {
      copyFileSync(join(home, 'config', name), join(config, name));
      if (owner) chownSync(join(config, name), owner.uid, owner.gid);
    }
    // The folder stands on the command line, by which a later stop recognises the process.
    writeOwned(
      join(config, 'jvm.options.d', 'lockstep.options'),
      `-Xms1g\n-Xmx1g\n-Dlockstep.folder=${folder}\n`,
      owner,
    );
    writeOwned(join(config, 'elasticsearch.yml'), settings(folder, ports), owner);
    return {};
  },

  command({ home, java }, { folder }) {
    const env = {
      ...process.env,
      HOME: folder,
      ES_JAVA_HOME: java,
      ES_PATH_CONF: join(folder, 'config'),
      ES_TMPDIR: join(folder, 'tmp'),
      CLI_JAVA_OPTS: '-Xmx64m',
    };
    return { file: join(home, 'bin', 'elasticsearch'), args: ['-d', '-p', join(folder, 'pid')], env };
  },

  /** The script is a launcher: it starts the server, which writes its id here, and ends when that is up. */
  pidFile: 'pid',
  logs: ['output.log', 'logs/lockstep.log'],

  /** `GET /` is not served by this distribution. */
  async isReady({ ports }) {
    const answer = await fetch(`http://127.0.0.1:${ports[0]}/_cluster/health`, { signal: AbortSignal.timeout(10_000) });
    return answer.ok;
  },

  urls: ({ ports }) => ({ ELASTICSEARCH_URL: `http://127.0.0.1:${ports[0]}` }),
};

function settings(folder, [http, transport]) {
  const lines = {
    'cluster.name': 'lockstep',
    'node.name': 'lockstep',
    'path.data': join(folder, 'data'),
    'path.logs': join(folder, 'logs'),
    'network.host': '127.0.0.1',
    'http.port': http,
    'transport.port': transport,
    'discovery.type': 'single-node',
    'xpack.security.enabled': false,
    'cluster.routing.allocation.disk.threshold_enabled': false,
    // A writer that is late must never bring a dropped index back by naming it.
    'action.auto_create_index': false,
  };
  return `${Object.entries(lines)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n')}\n`;
}
