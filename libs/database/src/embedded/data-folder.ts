import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { EmbeddedPostgresError } from './embedded-error.js';
import { processState } from './process-state.js';
import { canUse, type ServerUser } from './server-user.js';

/**
 * Makes the folder and answers where it really is. Where the server's user cannot enter it, such as below root's home, it
 * becomes a link to a folder below `fallbackRoot`: closing an own home is right, and opening it is not ours to do.
 */
export function makeDataFolder(folder: string, fallbackRoot: string, user: ServerUser | undefined): string {
  makeOpenFolder(folder);
  const real = realpathSync(folder);
  if (canUse(user, real)) return real;
  makeOpenFolder(fallbackRoot);
  const elsewhere = realpathSync(mkdtempSync(join(fallbackRoot, `${nameOf(real)}-`)));
  chmodSync(elsewhere, 0o755);
  if (!canUse(user, elsewhere) || !replaceByLink(folder, elsewhere)) {
    rmdirSync(elsewhere);
    throw unreachable(folder);
  }
  return elsewhere;
}

/** What an operator would call it: the folder that holds `.lockstep/postgres`. */
function nameOf(folder: string): string {
  const names = folder.split(sep).filter((name) => name !== '' && !name.startsWith('.') && name !== 'postgres');
  return names.at(-1) ?? 'data';
}

/** Whatever the umask, others must pass through what is made here; a folder that was there already is not changed. */
function makeOpenFolder(folder: string): void {
  try {
    const first = mkdirSync(folder, { recursive: true });
    if (first === undefined) return;
    for (let made = folder; made.length >= first.length; made = dirname(made)) chmodSync(made, 0o755);
  } catch (error) {
    const isDangling = lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink();
    if (isDangling)
      throw new EmbeddedPostgresError(
        `${folder} links to a folder that is gone: put it back, or remove the link to start anew.`,
      );
    throw notWritable(folder, error);
  }
}

/** False when there is something in the folder. */
function replaceByLink(folder: string, target: string): boolean {
  try {
    rmdirSync(folder);
  } catch {
    return false;
  }
  symlinkSync(target, folder);
  return true;
}

function notWritable(folder: string, error: unknown): EmbeddedPostgresError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new EmbeddedPostgresError(
    `The data folder ${folder} cannot be written (${code ?? message}). Choose another one with LOCKSTEP_DATA_DIR.`,
  );
}

function unreachable(folder: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    `PostgreSQL does not run as root, and the user it runs as instead cannot enter ${folder}. Choose a data folder that ` +
      'all users can enter (LOCKSTEP_DATA_DIR=/var/lib/lockstep), start Lockstep as another user than root, or set DATABASE_URL.',
  );
}

/** The superuser's password, made at the first call; only our own user can read the file. */
export function readOrMakePassword(folder: string): string {
  const file = join(folder, 'password');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  if (existsSync(join(folder, 'cluster'))) {
    throw new EmbeddedPostgresError(
      `${file} is missing: put it back from a backup, or remove ${folder} to start anew.`,
    );
  }
  const password = randomBytes(24).toString('base64url');
  writeFileSync(`${file}.new`, `${password}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return password;
}

/**
 * Takes the folder for this process. Throws `EmbeddedPostgresError` while another process of this machine holds it; a
 * process that died, however it died, holds nothing.
 */
export function takeFolder(folder: string): () => void {
  const file = join(folder, 'owner');
  const mine = `${process.pid} ${processState(process.pid)?.startedAt ?? ''}`;
  for (let attempt = 1; ; attempt++) {
    try {
      writeFileSync(file, mine, { flag: 'wx' });
      return () => {
        if (existsSync(file) && readFileSync(file, 'utf8') === mine) rmSync(file, { force: true });
      };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST' || attempt > 3) throw notWritable(folder, error);
    }
    const [pid, startedAt] = readFileSync(file, 'utf8').split(' ');
    const owner = processState(Number(pid));
    // A reused process id has another start.
    if (owner && owner.startedAt === (startedAt ?? '')) {
      throw new EmbeddedPostgresError(
        `The data folder ${folder} is in use by another Lockstep (process ${pid}). Stop that one, or choose another folder with LOCKSTEP_DATA_DIR.`,
      );
    }
    rmSync(file, { force: true });
  }
}
