import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { takePort, waitFor } from '@lockstep/testing';
import { type ComposeService, readText } from './compose-file.js';

/**
 * Runs a program until its own standard input ends, which it does with whoever started it: test runners kill their workers.
 * Not with SIGKILL: nginx's workers outlive a master that is killed.
 */
const GUARD = `
  const child = require('node:child_process').spawn(process.argv[1], process.argv.slice(2), { stdio: ['ignore', 'inherit', 'inherit'] });
  child.on('exit', (code) => process.exit(code ?? 1));
  process.stdin.on('close', () => child.kill('SIGTERM')).resume();
`;

/** Where nginx is, if it is installed. */
export function findNginx(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, 'nginx')).find((path) => existsSync(path));
}

/** The front door of docker-compose.yml as a process: its own command and files, but for addresses and folders. */
export class FrontDoor {
  private readonly folder = mkdtempSync(join(tmpdir(), 'lockstep-front-door-'));
  private port = 0;
  private output = '';
  private child: ChildProcess | undefined;

  constructor(
    private readonly nginx: string,
    private readonly service: ComposeService,
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts it before these services, by name and URL, and waits until it answers. */
  async start(services: ReadonlyMap<string, string>): Promise<void> {
    this.port = await takePort();
    // Started by root its workers are somebody else.
    chmodSync(this.folder, 0o755);
    for (const volume of this.service.volumes ?? []) {
      const [source = '', target = ''] = volume.split(':');
      writeFileSync(join(this.folder, basename(target)), this.adapt(readText(source), services));
    }
    const [, ...args] = this.service.entrypoint ?? [];
    const here = args.map((each) => each.replace('/etc/nginx/', `${this.folder}/`));
    const child = spawn(process.execPath, ['--eval', GUARD, this.nginx, ...here], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    const isUp = async () => {
      if (child.exitCode !== null) throw new Error(`nginx ended:\n${this.output}`);
      return (await fetch(`${this.url}/health/live`)).ok;
    };
    await waitFor('the front door', isUp, { everyMs: 20 });
  }

  logs(): string {
    return this.output;
  }

  async stop(): Promise<void> {
    if (this.child && this.child.exitCode === null) {
      const ended = once(this.child, 'exit');
      this.child.stdin?.end();
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private adapt(text: string, services: ReadonlyMap<string, string>): string {
    let adapted = text
      .replace('listen 8080;', `listen 127.0.0.1:${this.port};`)
      .replaceAll(' /tmp/', ` ${this.folder}/`);
    for (const [name, url] of services) adapted = adapted.replaceAll(`http://${name}:3000;`, `${url};`);
    return adapted;
  }
}
