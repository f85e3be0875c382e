/**
 * `node scripts/engines.mjs start|stop|status|kill [engine]`: the real RabbitMQ, PostgreSQL and Elasticsearch for tests
 * and benchmarks. Prints their URLs as `NAME=value` lines and keeps them in `engines.json` (scripts/engines/folder.mjs).
 * `start` may be called again at any time: it starts what is down, on the same ports and data, and leaves the rest.
 * `kill` ends one engine without any warning, which is what the fault tests want.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dockerAnswers, startContainer, stopContainer } from './engines/docker.mjs';
import { elasticsearch } from './engines/elasticsearch.mjs';
import { ensureEnginesFolder, readJson, stateFile, withLock, writeJson } from './engines/folder.mjs';
import { postgres } from './engines/postgres.mjs';
import { rabbitmq } from './engines/rabbitmq.mjs';
import { isRunning, readRecord, startEngine, stopEngine } from './engines/supervisor.mjs';

const engines = [rabbitmq, postgres, elasticsearch];

async function start(chosen) {
  const withDocker = dockerAnswers();
  const began = await Promise.allSettled(chosen.map((engine) => startOne(engine, withDocker)));
  const failures = began.filter(({ status }) => status === 'rejected').map(({ reason }) => reason.message);
  if (failures.length > 0) throw new Error(failures.join('\n\n'));
  const urls = Object.assign({}, ...engines.map((engine) => knownUrls(engine)));
  writeJson(stateFile, urls);
  print(urls);
}

/** An engine stays with the way it was first started. */
function startOne(engine, withDocker) {
  const record = readRecord(engine);
  const inDocker = record ? Boolean(record.container) : withDocker;
  return inDocker ? startContainer(engine) : startEngine(engine);
}

function knownUrls(engine) {
  const record = readRecord(engine);
  return record ? engine.urls(record) : {};
}

async function stop(chosen) {
  for (const engine of chosen) {
    const record = readRecord(engine);
    if (record?.container) stopContainer(record);
    else await stopEngine(engine);
  }
  if (chosen.length === engines.length) rmSync(stateFile, { force: true });
}

function kill(chosen) {
  for (const engine of chosen) {
    const record = readRecord(engine);
    if (record?.container) spawnSync('docker', ['kill', record.container]);
    else if (isRunning(record)) process.kill(record.pid, 'SIGKILL');
  }
}

async function status(chosen) {
  let down = 0;
  for (const engine of chosen) {
    const record = readRecord(engine);
    const up = record && (record.container || isRunning(record)) && (await engine.isReady(record).catch(() => false));
    if (!up) down += 1;
    console.error(`${engine.name}: ${up ? 'up' : 'down'}`);
  }
  print(readJson(stateFile) ?? {});
  process.exitCode = down > 0 ? 1 : 0;
}

function print(urls) {
  for (const [name, value] of Object.entries(urls)) console.log(`${name}=${value}`);
}

const commands = { start, stop, status, kill };
const [command, name] = process.argv.slice(2);
const chosen = name ? engines.filter((engine) => engine.name === name) : engines;
if (!Object.hasOwn(commands, command ?? '') || chosen.length === 0) {
  console.error('usage: node scripts/engines.mjs start|stop|status|kill [rabbitmq|postgres|elasticsearch]');
  process.exit(2);
}
try {
  ensureEnginesFolder();
  await (command === 'status' ? status(chosen) : withLock(() => commands[command](chosen)));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
