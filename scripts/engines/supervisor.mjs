/** Start, stop and state of one engine from packages. Every wait has an end. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { enginesFolder, makeFolder, readJson, writeJson } from './folder.mjs';
import { choosePorts, isOurs, ownerFor, startDetached, stopProcess, tail, waitUntil } from './process.mjs';

/** Of one engine; a fresh machine has a slow disk and two others starting beside it. */
const START_LIMIT_MS = 240_000;

/** Beside the data, so that the password is never lost while the data stays. */
function recordFile(engine) {
  return join(enginesFolder, engine.name, 'process.json');
}

/** What is known of the engine: `folder, owner, ports, password, pid`; undefined before its first start. */
export function readRecord(engine) {
  const record = readJson(recordFile(engine));
  return record && { ...record, folder: join(enginesFolder, engine.name) };
}

export function writeRecord(engine, record) {
  writeJson(recordFile(engine), record);
}

export function isRunning(record) {
  return isOurs(record?.pid, record?.folder);
}

/** Starts the engine unless it answers already; on the same ports and data as before. Returns its record. */
export async function startEngine(engine) {
  let record = readRecord(engine);
  if (isRunning(record) && (await waitUntil(() => engine.isReady(record), START_LIMIT_MS))) return record;
  // Before anything is waited for, so that what is started together is installed before any of it is launched and watched,
  // and before the owner is chosen, who may come with the package.
  const programs = engine.install();
  if (record) await stopEngine(engine);
  const owner = record?.owner ?? ownerFor(engine.users);
  record = {
    ...record,
    owner,
    folder: makeFolder(join(enginesFolder, engine.name), owner),
    password: record?.password ?? randomBytes(12).toString('hex'),
    ports: await choosePorts(engine.portCount, record?.ports),
  };
  await launch(engine, record, programs);
  await engine.afterStart?.(record);
  return record;
}

async function launch(engine, record, programs) {
  const { record: more, ...prepared } = engine.prepare(record, programs);
  Object.assign(record, more);
  const log = join(record.folder, 'output.log');
  if (engine.pidFile) rmSync(join(record.folder, engine.pidFile), { force: true });
  const command = engine.command({ ...programs, ...prepared }, record);
  const deadline = Date.now() + START_LIMIT_MS;
  for (;;) {
    const child = startDetached({ ...command, owner: record.owner, cwd: record.folder, log });
    let exitCode;
    child.once('error', (error) => {
      exitCode = error.message;
    });
    child.once('exit', (code, signal) => {
      exitCode = code ?? signal;
    });
    record.pid = child.pid;
    writeRecord(engine, record);
    const failed = () => exitCode !== undefined && exitCode !== 0;
    const ready = () => engine.isReady(record);
    await waitUntil(async () => failed() || (await ready()), deadline - Date.now());
    if (!failed() && (await ready().catch(() => false))) break;
    // Children of a killed server keep its files busy for a moment, so an early end is tried again while there is time.
    if (Date.now() > deadline - START_LIMIT_MS / 2) {
      throw new Error(`${engine.name} did not start (exit ${exitCode ?? 'none'}):\n${tails(engine, record)}`);
    }
    await waitUntil(() => false, 2_000);
  }
  if (engine.pidFile) record.pid = Number(readFileSync(join(record.folder, engine.pidFile), 'utf8'));
  writeRecord(engine, record);
}

function tails(engine, { folder }) {
  return engine.logs.map((log) => `--- ${join(folder, log)}\n${tail(join(folder, log))}`).join('\n');
}

/** Stops the engine and keeps its data; one that was killed or never started is left as it is. */
export async function stopEngine(engine) {
  const record = readRecord(engine);
  if (!record) return;
  await stopProcess(currentPid(engine, record), record.folder, engine.stopSignal);
  await engine.afterStop?.(record);
}

/** A start that was interrupted may have left the launcher's id in the record. */
function currentPid(engine, record) {
  const file = engine.pidFile ? join(record.folder, engine.pidFile) : undefined;
  return file && existsSync(file) ? Number(readFileSync(file, 'utf8')) : record.pid;
}
