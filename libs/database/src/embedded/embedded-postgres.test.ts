import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { findPackage } from './binaries.js';
import {
  cleanUp,
  copyPackageWithoutAliases,
  isRunning,
  keep,
  killHard,
  makeFolder,
  query,
  startOwner,
} from './embedded-postgres.fixture.js';
import { type EmbeddedPostgresOptions, startEmbeddedPostgres } from './embedded-postgres.js';

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
const ROOT_ONLY = 'needs root, to take the place of other users';

const start = async (options: EmbeddedPostgresOptions) => keep(await startEmbeddedPostgres(options));

afterEach(cleanUp);

describe('the embedded PostgreSQL', () => {
  it('starts on a new folder, not as root, with a password that only its owner can read', async () => {
    const dataDir = join(makeFolder(), 'postgres');
    const server = await start({ dataDir, database: 'orders' });

    expect(server.isNew).toBe(true);
    expect(await query(server.url, 'SELECT current_database() AS name')).toEqual([{ name: 'orders' }]);
    expect(statSync(join(dataDir, 'password')).mode & 0o777).toBe(0o600);
    expect(statSync(join(dataDir, 'cluster')).uid).not.toBe(0);
    expect(existsSync(join(dataDir, 'password.initdb'))).toBe(false);
    await expect(query(server.url.replace(/:[^:@]+@/, ':wrong@'), 'SELECT 1')).rejects.toThrow(/password/);
    expect(new URL(server.url).hostname).toBe('127.0.0.1');
  });

  it('keeps its data over a stop, and leaves no process behind', async () => {
    const dataDir = join(makeFolder(), 'postgres');
    const first = await start({ dataDir });
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await Promise.all([first.stop(), first.stop()]);
    expect(isRunning(first.pid)).toBe(false);

    const second = await start({ dataDir });
    expect(second.isNew).toBe(false);
    expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });

  it('begins again where making the cluster was cut off', async () => {
    const dataDir = join(makeFolder(), 'postgres');
    mkdirSync(join(dataDir, 'cluster.new'), { recursive: true });
    writeFileSync(join(dataDir, 'cluster.new', 'PG_VERSION'), '18');
    expect((await start({ dataDir })).isNew).toBe(true);
  });

  it('refuses a folder that another process holds, and names that process', async () => {
    const dataDir = join(makeFolder(), 'postgres');
    const owner = await startOwner({ dataDir });
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(
      `in use by another Lockstep (process ${owner.child.pid})`,
    );
    await killHard(owner.child);
    await start({ dataDir });
  });

  it('takes over the server that a killed owner left behind', async () => {
    const dataDir = join(makeFolder(), 'postgres');
    const owner = await startOwner({ dataDir });
    await query(owner.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await killHard(owner.child);
    expect(isRunning(owner.pid)).toBe(true);

    const server = await start({ dataDir });
    expect([server.pid, server.url]).toEqual([owner.pid, owner.url]);
    await server.stop();
    expect(isRunning(owner.pid)).toBe(false);
  });

  it('recovers what was committed when owner and server are killed', async () => {
    const dataDir = join(makeFolder(), 'postgres');
    const owner = await startOwner({ dataDir });
    await query(owner.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await killHard(owner.child);
    process.kill(owner.pid, 'SIGKILL');

    const server = await start({ dataDir });
    expect(await query(server.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });

  it('tells its owner when the server goes away by itself', async () => {
    const server = await start({ dataDir: join(makeFolder(), 'postgres') });
    process.kill(server.pid, 'SIGKILL');
    await server.lost;
  });

  it('is not fooled by a lock file whose process id belongs to another process by now', async () => {
    const dataDir = join(makeFolder(), 'postgres');
    await (await start({ dataDir })).stop();
    writeFileSync(join(dataDir, 'cluster', 'postmaster.pid'), lockFileOf(process.pid, dataDir));
    await start({ dataDir });
  });

  it('is not fooled by a lock file whose process is a zombie', async () => {
    const dataDir = join(makeFolder(), 'postgres');
    await (await start({ dataDir })).stop();
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const zombie = await firstLine(parent.stdout);
      await expect.poll(() => isRunning(Number(zombie))).toBe(false);
      writeFileSync(join(dataDir, 'cluster', 'postmaster.pid'), lockFileOf(Number(zombie), dataDir));
      await start({ dataDir });
    } finally {
      parent.kill('SIGKILL');
    }
  });

  it('lives on when the terminal interrupts everything that belongs to its owner', async () => {
    const owner = await startOwner({ dataDir: join(makeFolder(), 'postgres') });
    process.kill(-owner.child.pid!, 'SIGINT');
    expect(await query(owner.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    process.kill(owner.pid, 'SIGINT');
  });

  it('works where npm ran no install scripts, again and again', async () => {
    const folder = makeFolder();
    const packageFolder = copyPackageWithoutAliases(folder);
    await (await start({ dataDir: join(folder, 'one'), packageFolder })).stop();
    await start({ dataDir: join(folder, 'two'), packageFolder });
  });

  it('says which package a platform lacks, and what to do', () => {
    expect(() => findPackage('sunos', 'sparc')).toThrow(/@embedded-postgres\/sunos-sparc .*DATABASE_URL/);
    expect(() => findPackage('win32', 'arm64')).toThrow('@embedded-postgres/windows-arm64');
  });

  it('says that the password is lost rather than making another', async () => {
    const dataDir = join(makeFolder(), 'postgres');
    await (await start({ dataDir })).stop();
    rmSync(join(dataDir, 'password'));
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(/password is missing/);
  });
});

describe('the embedded PostgreSQL of root', () => {
  it('keeps its data elsewhere, behind a link, below a folder that only root can enter', async ({ skip }) => {
    skip(!isRoot, ROOT_ONLY);
    const folder = makeFolder();
    const home = join(folder, 'home');
    mkdirSync(home, { mode: 0o700 });
    const packageFolder = copyPackageWithoutAliases(home);
    const options = { dataDir: join(home, '.lockstep', 'postgres'), packageFolder, fallbackRoot: join(folder, 'lib') };
    const first = await start(options);
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();

    expect(lstatSync(options.dataDir).isSymbolicLink()).toBe(true);
    expect(statSync(home).mode & 0o777).toBe(0o700);
    expect(first.folder.startsWith(join(folder, 'lib'))).toBe(true);
    expect(existsSync(join(first.folder, 'binaries-18.4.0-beta.17'))).toBe(true);
    const second = await start(options);
    expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });

  it('says what to do when the folder has something in it and the server cannot enter it', async ({ skip }) => {
    skip(!isRoot, ROOT_ONLY);
    const folder = makeFolder();
    const home = join(folder, 'home');
    mkdirSync(join(home, 'postgres', 'something'), { recursive: true });
    chmodSync(home, 0o700);
    const options = { dataDir: join(home, 'postgres'), fallbackRoot: join(folder, 'lib') };
    await expect(startEmbeddedPostgres(options)).rejects.toThrow(/cannot enter .*LOCKSTEP_DATA_DIR/);
  });

  it('lets others enter what it makes, whatever the umask', async ({ skip }) => {
    skip(!isRoot, ROOT_ONLY);
    const folder = makeFolder();
    const umask = process.umask(0o077);
    try {
      await start({ dataDir: join(folder, 'a', 'b'), fallbackRoot: join(folder, 'lib') });
    } finally {
      process.umask(umask);
    }
    expect(existsSync(join(folder, 'lib'))).toBe(false);
  });
});

describe('the embedded PostgreSQL of an ordinary user', () => {
  it('starts, and copies the binaries where the package is read-only and npm ran no install scripts', async ({
    skip,
  }) => {
    skip(!isRoot, ROOT_ONLY);
    const folder = makeFolder();
    const packageFolder = copyPackageWithoutAliases(folder);
    const dataDir = join(folder, 'postgres');
    mkdirSync(dataDir);
    chownSync(dataDir, NOBODY, NOBODY);
    const owner = await startOwner({ dataDir, packageFolder }, NOBODY);
    expect(owner.error).toBeUndefined();
    expect(await query(owner.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(readFileSync(`/proc/${owner.pid}/status`, 'utf8')).toContain(`Uid:\t${NOBODY}`);
    process.kill(owner.pid, 'SIGINT');
  });

  it('says that a folder cannot be written', async ({ skip }) => {
    skip(!isRoot, ROOT_ONLY);
    const folder = makeFolder();
    const { error } = await startOwner({ dataDir: join(folder, 'postgres') }, NOBODY);
    expect(error).toMatch(/cannot be written \(EACCES\).*LOCKSTEP_DATA_DIR/);
  });
});

function lockFileOf(pid: number, dataDir: string): string {
  return [pid, join(dataDir, 'cluster'), 1_763_000_000, 5_432, '', '127.0.0.1', '  12345  67', 'ready   ', ''].join(
    '\n',
  );
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: stream })) return line;
  throw new Error('nothing was said');
}
