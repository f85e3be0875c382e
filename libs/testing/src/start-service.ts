import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { takePort } from './take-port.js';
import { waitFor } from './wait-for.js';

const root = new URL('../../../', import.meta.url);
const LOG_TAIL_LINES = 60;
const READY_LIMIT_MS = 120_000;
/** Above the time that a service gives itself to drain. */
const ENDED_LIMIT_MS = 90_000;
/** Enough for the logs of a long flow without letting a chatty service fill the memory of the test. */
const LOG_LIMIT_CHARS = 4_000_000;
/**
 * Loaded before the service: ends it when the test process is gone, however that ended. Test runners kill their workers,
 * so nothing on our side can be relied on to run; but the system closes our end of the pipe.
 */
const GUARD = `data:text/javascript,${encodeURIComponent(
  `process.stdin.on('close', () => process.kill(process.pid, 'SIGKILL')).resume().unref();`,
)}`;

/** Which service to run, and how. */
export interface ServiceOptions {
  /** Folder under `apps/`. */
  app: string;
  /** Added to the environment of the test run. PORT is chosen for you. */
  env?: Record<string, string>;
  /** Compiled entry. @default what the test run has bundled of it, else apps/<app>/dist/main.js */
  main?: string;
  /** How long it may take until `/health/ready` answers 200. @default 120000 */
  readyTimeoutMs?: number;
}

/** A compiled service that runs in a process of its own, as in production. */
export interface RunningService {
  /** `http://127.0.0.1:<port>`; the port stays the same over restarts. */
  readonly url: string;
  /** Everything it has printed, over all restarts (the last 4 million characters). */
  logs(): string;
  /** Id of the process that runs now or ran last. */
  pid(): number | undefined;
  /** Sends the signal and waits, 90 s at most, until the process has gone; the exit code, null when a signal ended it. */
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>;
  /** Starts it again, after `kill` or after it ended by itself, and waits until it is ready. */
  restart(): Promise<void>;
}

/**
 * Runs `node apps/<app>/dist/main.js`, or the same as one file, on a free port and waits until it is ready. What still runs when
 * the test process ends, in whatever way, is killed with it.
 *
 * @throws Error with the tail of the service's log, when it ends or does not get ready in time
 */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  const main = options.main ?? entryOf(options.app);
  if (!existsSync(main)) throw new Error(`${options.app} is not built; run: npm run build`);
  const port = await takePort();
  const url = `http://127.0.0.1:${port}`;
  let log = '';
  let child: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    if (child && !hasEnded(child)) throw new Error(`${options.app} is still running`);
    const env = { ...process.env, ...options.env, PORT: String(port) };
    const started = spawn(process.execPath, ['--import', GUARD, main], { env, stdio: ['pipe', 'pipe', 'pipe'] });
    child = started;
    for (const stream of [started.stdout, started.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        log = (log + text).slice(-LOG_LIMIT_CHARS);
      });
    }
    try {
      await untilReady(started, url, options.readyTimeoutMs ?? READY_LIMIT_MS);
    } catch (error) {
      started.kill('SIGKILL');
      throw new Error(`${options.app} did not get ready: ${(error as Error).message}\n${tail(log)}`);
    }
  };

  await start();
  return {
    url,
    logs: () => log,
    pid: () => child?.pid,
    kill: (signal) => end(options.app, child, signal, () => tail(log)),
    restart: start,
  };
}

/** The bundle only of what is compiled: one that was left of a former build would run unnoticed. */
function entryOf(app: string): string {
  const compiled = fileURLToPath(new URL(`apps/${app}/dist/main.js`, root));
  const bundle = join(process.env['LOCKSTEP_TEST_SERVICES'] ?? '', `${app}.mjs`);
  return existsSync(compiled) && existsSync(bundle) ? bundle : compiled;
}

async function untilReady(child: ChildProcess, url: string, timeoutMs: number): Promise<void> {
  const ask = async (): Promise<string> => {
    if (hasEnded(child)) return 'ended';
    const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(20_000) });
    return answer.status === 200 ? 'ready' : `${answer.status} ${await answer.text()}`;
  };
  const until = (state: string): boolean => state === 'ready' || state === 'ended';
  const state = await waitFor('/health/ready', ask, { timeoutMs, everyMs: 50, until });
  if (state === 'ended') throw new Error(`it ended with ${child.exitCode ?? child.signalCode}`);
}

async function end(
  app: string,
  child: ChildProcess | undefined,
  signal: NodeJS.Signals,
  logTail: () => string,
): Promise<number | null> {
  if (!child || hasEnded(child)) return child?.exitCode ?? null;
  child.kill(signal);
  try {
    await waitFor(`${app} to end after ${signal}`, () => hasEnded(child), { timeoutMs: ENDED_LIMIT_MS, everyMs: 20 });
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${(error as Error).message}\n${logTail()}`);
  }
  return child.exitCode;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function tail(log: string): string {
  return log.trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n');
}
