import 'reflect-metadata';
import { londonDate } from '@lockstep/contracts';
import { EmbeddedPostgresError } from '@lockstep/database';
import type { LoadTarget } from '@lockstep/demo-data';
import { ConfigError, loadConfig } from '@lockstep/service';
import { type DataFolder, openDataFolder, readOrMakeAdminToken, StartError } from './data-folder.js';
import { type DemoState, decideDemo, readDemoState, writeDemoState } from './demo/demo-state.js';
import { findActiveRun, followRun, loadDemo, startFirstSync, syncReturns } from './demo/first-sync.js';
import { openSimulatedShop } from './demo/simulated-shop.js';
import { openServiceLog, type ServiceLog } from './service-log.js';
import { frontDoorRules, SERVICES } from './services.js';
import { StandaloneConfig } from './standalone.config.js';
import { Standalone } from './standalone.js';
import { Terminal } from './terminal/terminal.js';

/**
 * The whole life of all services in one process: settings from the environment, start, demo data and a first sync in a new
 * data folder, and an orderly end on SIGINT or SIGTERM. Exits with 1, saying why, when it cannot start.
 */
export async function runStandalone(): Promise<void> {
  // Else every message would be checked twice, which is for developers.
  process.env['NODE_ENV'] ??= 'production';
  // Nobody may be left to read what is said, which is no reason to end.
  process.stdout.on('error', () => undefined);
  const terminal = new Terminal(process.stdout);
  try {
    const config = loadConfig(StandaloneConfig, process.env);
    const folder = openDataFolder(config.dataDir);
    const wanted = { trainees: config.demoTrainees, today: londonDate(new Date()) };
    const demo = decideDemo(readDemoState(folder), folder.isNew, wanted);
    writeDemoState(folder, demo);
    await run({ config, folder, terminal, demo, log: openServiceLog(folder.path, config.logLevel) });
  } catch (error) {
    explain(error);
    process.exit(1);
  }
}

/** What the parts of a life share. */
interface Life {
  readonly config: StandaloneConfig;
  readonly folder: DataFolder;
  readonly terminal: Terminal;
  readonly demo: DemoState;
  readonly log: ServiceLog;
}

async function run(life: Life): Promise<void> {
  const { config, folder, terminal, log } = life;
  const adminToken = config.adminToken ?? readOrMakeAdminToken(folder);
  const parts = { config, dataDir: folder.path, adminToken, services: SERVICES, rules: frontDoorRules(), log };
  const standalone = new Standalone(parts);
  dieOnUnhandled(standalone, life);
  terminal.say('Lockstep 0.1.0');
  terminal.say(`  data     ${folder.path}`);
  const startedAt = performance.now();
  const starting = standalone.start((what) =>
    die(
      standalone,
      life,
      new StartError(`${what} has ended by itself. Start Lockstep again; nothing accepted is lost.`),
    ),
  );
  const stopping = stopOnSignal(standalone, life, starting);
  const port = await starting.catch(async (error) => {
    if (stopping.aborted) return undefined;
    explain(error, log.file);
    await standalone.stop();
    await log.close();
    return process.exit(1);
  });
  if (port === undefined || stopping.aborted) return;
  const url = `http://${addressOf(config.host)}:${port}`;
  greet(standalone, life, { url: shownUrl(config.host, port), token: adminToken }, performance.now() - startedAt);
  const complain = (error: Error) => {
    if (!stopping.aborted) terminal.say(`  ${error.message}; the log is ${log.file}`);
  };
  if (config.demoTrainees > 0) await openSimulatedShop({ url, token: adminToken }, terminal).catch(complain);
  await beginDemo({ url, token: adminToken }, life).catch(complain);
}

/** The address by which this process reaches itself. */
function addressOf(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

function shownUrl(host: string, port: number): string {
  const isLocal = ['127.0.0.1', '0.0.0.0', '::1', '::', 'localhost'].includes(host);
  return `http://${isLocal ? 'localhost' : addressOf(host)}:${port}`;
}

function greet(standalone: Standalone, { folder, terminal }: Life, { url, token }: LoadTarget, tookMs: number): void {
  const { database = '', broker = '', search = '' } = standalone.enginesInUse ?? {};
  const elsewhere = standalone.databaseFolder;
  if (elsewhere && !elsewhere.startsWith(folder.path)) terminal.say(`           database in ${elsewhere}`);
  terminal.say(`  engines  database: ${database}; broker: ${broker}; search: ${search}`);
  terminal.say(`  ready    in ${(tookMs / 1_000).toFixed(1)} s`);
  terminal.say();
  terminal.say(`  URL      ${url}`);
  terminal.say(`  token    ${token}`);
  terminal.say();
}

/** Demo data and first sync, or what is left of them; a sync that was under way when the last process ended is shown too. */
async function beginDemo(target: LoadTarget, { folder, terminal, demo, config }: Life): Promise<void> {
  let { state } = config.demo === 'off' ? { state: 'off' } : demo;
  if (state === 'loading') {
    await loadDemo(target, demo, terminal);
    await syncReturns(target);
    state = 'syncing';
    writeDemoState(folder, { ...demo, state: 'syncing' });
  }
  const runId = state === 'syncing' ? await startFirstSync(target) : await findActiveRun(target);
  if (runId) {
    const end = await followRun(target, runId, terminal);
    if (state === 'syncing') writeDemoState(folder, { ...demo, state: 'done' });
    terminal.say(`  sync ${end}`);
    terminal.say();
  }
  terminal.say('Ctrl-C stops Lockstep and keeps its data.');
}

/** The signal is aborted as soon as somebody wants it to stop. A second wish ends the process at once. */
function stopOnSignal(standalone: Standalone, { terminal, log }: Life, starting: Promise<unknown>): AbortSignal {
  const stopping = new AbortController();
  const onSignal = () => {
    if (stopping.signal.aborted) {
      standalone.stopNow();
      process.exit(1);
    }
    stopping.abort();
    terminal.endBars();
    terminal.say('Stopping; once more to stop at once ...');
    starting
      .catch(() => undefined)
      .then(() => standalone.stop())
      .then(async (isDone) => {
        await log.close();
        terminal.say(isDone ? 'Stopped.' : 'Stopped before everything in hand was finished.');
        process.exit(isDone ? 0 : 1);
      })
      .catch((error: unknown) => {
        explain(error, log.file);
        standalone.stopNow();
        process.exit(1);
      });
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  // A terminal that is closed; whoever used nohup has no terminal here, and means us to go on.
  if (process.stdout.isTTY) process.on('SIGHUP', onSignal);
  return stopping.signal;
}

function dieOnUnhandled(standalone: Standalone, life: Life): void {
  process.on('unhandledRejection', (error) => die(standalone, life, error));
  process.on('uncaughtException', (error) => die(standalone, life, error));
}

function die(standalone: Standalone, { log }: Life, error: unknown): void {
  log.fatal(error, 'Lockstep ends because of an error that nobody handled');
  explain(error, log.file);
  standalone.stopNow();
  log.close().then(() => process.exit(1));
}

/** Errors that are meant for people speak for themselves. */
function explain(error: unknown, logFile?: string): void {
  const isPlain = [ConfigError, StartError, EmbeddedPostgresError].some((kind) => error instanceof kind);
  const text = isPlain
    ? (error as Error).message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  const hint = isPlain || !logFile ? '' : `\nThe log is ${logFile}.`;
  process.stderr.write(`\nLockstep cannot go on: ${text}${hint}\n`);
}
