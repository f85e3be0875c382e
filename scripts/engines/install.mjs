/** Finds the engines' programs, and installs what is missing where that is possible: root on a Debian-like system. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const APT_LIMIT_MS = 600_000;
const MAVEN_LIMIT_MS = 600_000;
/** Registries and networks fail now and then; what is wrong for good fails three times. */
const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 5_000;
const UNPACK = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack';
export const ELASTICSEARCH_VERSION = '8.19.21';

/** Calls `find`; when it finds nothing installs `packages` and asks again. Throws what to install by hand otherwise. */
export function findOrInstall(what, find, packages) {
  const found = find();
  if (found) return found;
  if (process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    aptInstall(packages);
    const installed = find();
    if (installed) return installed;
  }
  throw new Error(
    `${what} is missing; install it (Debian: sudo apt-get install ${packages.join(' ')}) or start Docker`,
  );
}

function aptInstall(packages) {
  console.error(`installing ${packages.join(' ')}`);
  const options = ['-y', '-q', '-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::Retries=3'];
  // RUNLEVEL=1 keeps the packages from starting their own service: ours run beside whatever the machine runs.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  // Together: what the list of one mirror names may be gone from another.
  persistently(() => {
    for (const args of [['update'], ['install', '--no-install-recommends', ...packages]])
      execute('apt-get', [...options, ...args], { env, timeout: APT_LIMIT_MS });
  });
}

/** Runs a program that is to succeed; what it says goes to standard error. */
function execute(program, args, options) {
  const run = spawnSync(program, args, { ...options, stdio: ['ignore', 2, 2] });
  if (run.status !== 0)
    throw new Error(`${program} ${args.join(' ')} failed (${run.error?.message ?? `exit ${run.status}`})`);
}

/** Does something that needs the network, again after a growing pause when it fails. */
function persistently(act) {
  for (let attempt = 1; ; attempt++) {
    try {
      return act();
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      console.error(`${error.message}; trying again`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FIRST_PAUSE_MS * 2 ** (attempt - 1));
    }
  }
}

export function onPath(program) {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

/** `bin` of the newest PostgreSQL from 15 on. */
export function postgresBin() {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root)
    ? readdirSync(root)
        .map(Number)
        .filter((version) => version >= 15)
    : [];
  const debian = versions.sort((a, b) => b - a).map((version) => join(root, String(version), 'bin'));
  const listed = onPath('pg_config') ? [execFileSync('pg_config', ['--bindir'], { encoding: 'utf8' }).trim()] : [];
  return [...debian, ...listed].find((bin) => existsSync(join(bin, 'initdb')));
}

/** The server script itself: Debian's wrapper in /usr/sbin refuses every user but root and rabbitmq. */
export function rabbitmqServer() {
  const debian = '/usr/lib/rabbitmq/bin/rabbitmq-server';
  return existsSync(debian) ? debian : onPath('rabbitmq-server');
}

/** Home of a Java from 17 on, which Elasticsearch needs. */
export function javaHome() {
  const java = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : onPath('java');
  if (!java || !existsSync(java)) return undefined;
  const { stderr } = spawnSync(java, ['-XshowSettings:properties', '-version'], { encoding: 'utf8' });
  const major = Number(/java\.specification\.version = (\d+)/.exec(stderr)?.[1] ?? 0);
  return major >= 17 ? /java\.home = (.+)/.exec(stderr)?.[1].trim() : undefined;
}

/**
 * Elasticsearch from Maven Central: the distribution that its own integration tests use, about 60 MB, without the
 * optional modules. Unpacked once into `cache`, complete or not at all.
 */
export function elasticsearchHome(cache) {
  const home = join(cache, `elasticsearch-${ELASTICSEARCH_VERSION}`);
  if (existsSync(home)) return home;
  findOrInstall('Maven', () => onPath('mvn'), ['maven']);
  const draft = join(cache, 'unpacking');
  const artifact = `org.elasticsearch.distribution.integ-test-zip:elasticsearch:${ELASTICSEARCH_VERSION}:zip`;
  console.error(`fetching ${artifact}`);
  // -U: Maven remembers for a day that a download has failed.
  const args = ['-q', '-B', '-U', UNPACK, `-Dartifact=${artifact}`, `-DoutputDirectory=${draft}`];
  persistently(() => {
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft);
    execute('mvn', args, { cwd: draft, timeout: MAVEN_LIMIT_MS });
  });
  const unpacked = join(draft, `elasticsearch-${ELASTICSEARCH_VERSION}`);
  for (const script of readdirSync(join(unpacked, 'bin'))) chmodSync(join(unpacked, 'bin', script), 0o755);
  renameSync(unpacked, home);
  rmSync(draft, { recursive: true, force: true });
  return home;
}
