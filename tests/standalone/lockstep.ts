import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitFor } from '@lockstep/testing';

const MAIN = fileURLToPath(new URL('../../apps/standalone/dist/main.js', import.meta.url));
const ENDED_LIMIT_MS = 90_000;
const READY_LIMIT_MS = 120_000;

/** A process of all services on a data folder of its own. */
export class Lockstep {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'lockstep-standalone-'));
  output = '';
  private child: ChildProcess | undefined;

  constructor(
    readonly port: number,
    private readonly settings: Record<string, string> = {},
  ) {
    // As root it starts a database that runs as somebody else, who must be able to enter.
    chmodSync(this.dataDir, 0o755);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** As the terminal showed it. */
  get token(): string {
    return /token +(\S+)/.exec(this.output)?.[1] ?? 'none';
  }

  /** Starts it on embedded engines, whatever the environment of the tests names. */
  launch(overrides: Record<string, string> = {}): ChildProcess {
    const { PATH = '', HOME = '' } = process.env;
    const env = {
      PATH,
      HOME,
      PORT: String(this.port),
      LOCKSTEP_DATA_DIR: this.dataDir,
      ...this.settings,
      ...overrides,
    };
    const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    this.child = child;
    return child;
  }

  /** Starts it and waits until it is ready. */
  async start(): Promise<void> {
    const child = this.launch();
    const ask = async () => hasEnded(child) || (await fetch(`${this.url}/health/ready`)).status === 200;
    await waitFor('Lockstep to be ready', ask, { timeoutMs: READY_LIMIT_MS, everyMs: 50 });
    if (hasEnded(child)) throw new Error(`it ended:\n${this.output}`);
    await this.says(/token +\S+/);
  }

  /** Waits until its output matches. */
  async says(pattern: RegExp, timeoutMs = 120_000): Promise<void> {
    await waitFor(`the output ${pattern}`, () => pattern.test(this.output) || this.output, {
      timeoutMs,
      until: (seen) => seen === true,
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /** Its exit code; null when a signal ended it. */
  async ended(): Promise<number | null> {
    const child = this.child as ChildProcess;
    await waitFor('Lockstep to end', () => hasEnded(child), { timeoutMs: ENDED_LIMIT_MS, everyMs: 20 });
    return child.exitCode;
  }

  /** Stops it as Ctrl-C does. */
  async stop(): Promise<number | null> {
    this.signal('SIGINT');
    return this.ended();
  }

  async call(method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.token}`, 'Content-Type': 'application/json', ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  }

  async json<T>(path: string): Promise<T> {
    return (await (await this.call('GET', path)).json()) as T;
  }

  /** Process id of the database server as its lock file tells, if there is such a file. */
  get databasePid(): number | undefined {
    const file = join(this.dataDir, 'postgres', 'cluster', 'postmaster.pid');
    return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : undefined;
  }

  /** Ends what is left of it, the database included, and removes its folder. */
  async remove(): Promise<void> {
    if (this.child && !hasEnded(this.child)) {
      this.signal('SIGKILL');
      await this.ended();
    }
    const pid = this.databasePid;
    if (pid && isRunning(pid)) {
      process.kill(pid, 'SIGQUIT');
      await waitFor('the database to end', () => !isRunning(pid));
    }
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie is nothing that runs; in a container nobody may reap it.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EPERM';
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
