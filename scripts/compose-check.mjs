/**
 * `node scripts/compose-check.mjs [--with-compose]`: says whether docker-compose.yml is right, without Docker, and prints as
 * JSON what it comes to. Reads it with the library that Docker Compose reads it with (half a minute at the first call);
 * `--with-compose` builds Compose itself and asks that (minutes). Exits with 1 when the file is wrong, with 3 without Go.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Of the same year as the library in docker/compose-reader/go.mod, which it pins itself. */
const COMPOSE = 'github.com/docker/compose/v2';
const COMPOSE_VERSION = 'v2.40.3';
const BUILD_LIMIT_MS = 15 * 60_000;
const NO_GO = 3;

const path = (relative) => fileURLToPath(new URL(`../${relative}`, import.meta.url));
const file = path('docker-compose.yml');
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'lockstep');

function go(args, cwd) {
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' };
  const run = spawnSync('go', args, { cwd, env, stdio: ['ignore', 2, 2], timeout: BUILD_LIMIT_MS });
  if (run.error?.code === 'ENOENT') {
    console.error('docker-compose.yml is not checked: that needs Go 1.24 or newer on the PATH');
    process.exit(NO_GO);
  }
  if (run.status !== 0) throw new Error(`go ${args.join(' ')} failed (${run.error?.message ?? `exit ${run.status}`})`);
}

/** The program that reads compose files; Go itself knows whether anything is to be built. */
function buildReader() {
  const program = join(cache, 'compose-reader');
  go(['build', '-o', program, '.'], path('docker/compose-reader'));
  return program;
}

/** Compose without the Docker command around it. Not `go install`: that refuses modules with an `exclude`. */
function buildCompose() {
  const folder = join(cache, `compose-${COMPOSE_VERSION}`);
  const program = join(folder, 'docker-compose');
  if (existsSync(program)) return program;
  console.error(`building Docker Compose ${COMPOSE_VERSION} in ${folder}: this takes minutes`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'go.mod'), 'module lockstep/compose\n');
  go(['get', `${COMPOSE}/cmd@${COMPOSE_VERSION}`], folder);
  go(['build', '-o', program, `${COMPOSE}/cmd`], folder);
  return program;
}

function ask(program, args) {
  // Needed by the file, and nothing that a check should ask for. Compose also looks for a .env beside the file.
  const env = { ...process.env, LOCKSTEP_ADMIN_TOKEN: process.env.LOCKSTEP_ADMIN_TOKEN || 'any' };
  return spawnSync(program, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 2], maxBuffer: 16_777_216 });
}

mkdirSync(cache, { recursive: true });
const { status, stdout, error } = process.argv.includes('--with-compose')
  ? ask(buildCompose(), ['-f', file, 'config', '--format', 'json'])
  : ask(buildReader(), [file]);
if (error) throw error;
process.stdout.write(stdout);
if (status !== 0) {
  console.error('docker-compose.yml is wrong: see above');
  process.exitCode = 1;
}
