import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { startService } from './start-service.js';
import { waitFor } from './wait-for.js';

const folder = mkdtempSync(join(tmpdir(), 'lockstep-start-service-'));
afterAll(() => rmSync(folder, { recursive: true }));

function program(name: string, source: string): string {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(path, source);
  return path;
}

/** Ready on the second question; ends by itself on SIGTERM. */
const healthy = program(
  'healthy',
  `import { createServer } from 'node:http';
   let asked = 0;
   const server = createServer((request, response) => {
     asked += 1;
     response.statusCode = request.url === '/health/ready' && asked > 1 ? 200 : 503;
     response.end(process.env.GREETING);
   });
   server.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listening', process.env.GREETING));
   process.on('SIGTERM', () => process.exit(0));`,
);

/** A process that has ended but was not collected yet has no command line any more. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !existsSync('/proc/self') || readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
  } catch {
    return false;
  }
}

describe('startService', () => {
  it('resolves once the service is ready, with its environment and its log', async () => {
    const service = await startService({ app: 'healthy', main: healthy, env: { GREETING: 'hello' } });
    const answer = await fetch(`${service.url}/health/ready`);
    expect([answer.status, await answer.text()]).toEqual([200, 'hello']);
    expect(service.logs()).toContain('listening hello');
    expect(await service.kill('SIGTERM')).toBe(0);
  });

  it('starts again on the same address after a SIGKILL', async () => {
    const service = await startService({ app: 'healthy', main: healthy, env: { GREETING: 'hello' } });
    const before = service.pid();
    expect(await service.kill('SIGKILL')).toBeNull();
    await expect(fetch(`${service.url}/health/ready`)).rejects.toThrow();
    await service.restart();
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
    expect(service.pid()).not.toBe(before);
    await service.kill('SIGKILL');
  });

  it('leaves no service behind when the test process is killed', async () => {
    const module = fileURLToPath(new URL('../dist/start-service.js', import.meta.url));
    const test = program(
      'test-process',
      `import { startService } from ${JSON.stringify(module)};
       const service = await startService({ app: 'healthy', main: ${JSON.stringify(healthy)} });
       console.log(service.pid());`,
    );
    const parent = spawn(process.execPath, [test], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const servicePid = Number(line.toString());
    expect(isAlive(servicePid)).toBe(true);
    parent.kill('SIGKILL');
    await waitFor('the service to end', () => !isAlive(servicePid));
  });

  it('fails with the tail of the log when the service ends before it is ready', async () => {
    const main = program('broken', `console.error('DATABASE_URL is missing'); process.exit(3);`);
    const start = startService({ app: 'broken', main });
    await expect(start).rejects.toThrow(/broken did not get ready: it ended with 3\nDATABASE_URL is missing/);
  });

  it('fails with the last answer and the log when the service never gets ready', async () => {
    const main = program(
      'slow',
      `import { createServer } from 'node:http';
       import { writeFileSync } from 'node:fs';
       console.log('still migrating');
       createServer((_, response) => {
         response.statusCode = 503;
         response.end('degraded', () => writeFileSync(process.env.ASKED, ''));
       }).listen(process.env.PORT);`,
    );
    // Its time stands still until it was asked, however long it takes to start.
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const asked = join(folder, 'asked');
    const start = startService({ app: 'slow', main, readyTimeoutMs: 1_500, env: { ASKED: asked } });
    start.catch(() => undefined);
    await expect.poll(() => existsSync(asked)).toBe(true);
    vi.advanceTimersByTime(1_500);
    await expect(start).rejects.toThrow(/slow did not get ready: waited 1500 ms .*503 degraded'\nstill migrating/);
  });

  it('says how to build a service that is not built', async () => {
    const start = startService({ app: 'absent' });
    await expect(start).rejects.toThrow('absent is not built; run: npm run build');
  });
});
