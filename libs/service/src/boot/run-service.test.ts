import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createTestDatabase, describeWithEngines, type TestDatabase, waitFor } from '@lockstep/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));

/** A service without routes of its own, on the compiled library: what is tested is the process. */
const MAIN = `
  import { DatabaseModule } from '@lockstep/database';
  import { failpoint, runService, ServiceConfig } from '@lockstep/service';
  class MiniModule {}
  const onSecond = () => { failpoint('halfway'); console.log('first'); failpoint('halfway'); console.log('second'); };
  process.on('SIGUSR2', () => process.env.MINI_REJECT ? Promise.reject(new Error('forgotten')) : onSecond());
  await runService({
    service: 'mini', version: '1.0.0', config: ServiceConfig,
    createModule: (config) => ({ module: MiniModule, imports: [DatabaseModule.forService({
      url: config.databaseUrl, schema: 'mini', service: 'mini', entities: [], migrations: [], startTimeoutMs: 0,
    })] }),
  });
`;

const started: ChildProcess[] = [];

function start(env: Record<string, string>) {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', MAIN], {
    cwd: PACKAGE,
    env: { PATH: process.env['PATH'], NODE_ENV: 'test', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  return { child, ended, output: () => output };
}

afterEach(() => {
  for (const child of started.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
});

describe('a service that cannot start', () => {
  it('exits with 1 and names every setting that is wrong', async () => {
    const { ended, output } = start({ PORT: 'x' });
    expect(await ended).toEqual([1, null]);
    expect(output()).toContain('mini cannot start: 3 settings are wrong:');
    for (const name of ['PORT', 'RABBITMQ_URL', 'DATABASE_URL']) expect(output()).toContain(`\n  ${name} is `);
  });

  it('exits with 1 when its database does not answer', async () => {
    const { ended, output } = start({
      PORT: '0',
      RABBITMQ_URL: 'amqp://x',
      DATABASE_URL: 'postgres://x@127.0.0.1:9/x',
    });
    expect(await ended).toEqual([1, null]);
    expect(output()).toMatch(/"level":"fatal".*ECONNREFUSED.*the service cannot start/);
  });
});

describeWithEngines('a service that runs', (engines) => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase(engines);
  });
  afterAll(() => database?.remove());

  async function startReady(env: Record<string, string> = {}) {
    const service = start({
      PORT: '0',
      HOST: '127.0.0.1',
      RABBITMQ_URL: 'amqp://x',
      DATABASE_URL: database.url,
      ...env,
    });
    await waitFor('the service to be ready', () => {
      if (service.child.exitCode !== null) throw new Error(service.output());
      return service.output().includes('ready for requests');
    });
    const url = /"url":"([^"]+)"/.exec(service.output())![1]!;
    return { ...service, url };
  }

  it.each(['SIGTERM', 'SIGINT'] as const)('drains on %s and exits with 0', async (signal) => {
    const { child, ended, output, url } = await startReady();
    // Leaves a keep-alive connection behind, which must not hold up the end.
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    child.kill(signal);
    expect(await ended).toEqual([0, null]);
    expect(output()).toMatch(/"msg":"draining".*"msg":"stopped"/s);
    for (const line of output().trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ service: 'mini' });
  });

  it('logs a rejection that nobody handled, and exits with 1', async () => {
    const { child, ended, output } = await startReady({ MINI_REJECT: 'yes' });
    child.kill('SIGUSR2');
    expect(await ended).toEqual([1, null]);
    expect(output()).toMatch(/"level":"fatal".*forgotten/);
  });

  it('dies as from kill -9 at an armed failpoint, at the passing that was named', async () => {
    const { child, ended, output } = await startReady({ LOCKSTEP_FAILPOINT: 'halfway:2' });
    child.kill('SIGUSR2');
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect(output()).toContain('first');
    expect(output()).not.toContain('second');
  });

  it('passes a failpoint outside of tests', async () => {
    const { child, output } = await startReady({ LOCKSTEP_FAILPOINT: 'halfway', NODE_ENV: 'production' });
    child.kill('SIGUSR2');
    await waitFor('both passings', () => output().includes('second'));
  });
});
