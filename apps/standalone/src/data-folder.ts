import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Why Lockstep cannot start, in words for whoever started it. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** Where Lockstep keeps its things. */
export interface DataFolder {
  /** Absolute. */
  readonly path: string;
  /** Nothing was ever kept here. */
  readonly isNew: boolean;
}

/**
 * Makes the folder. Other users may pass through it, because PostgreSQL runs as one of them when we are root; each thing
 * inside has its own mode. Throws `StartError` when it cannot be written.
 */
export function openDataFolder(name: string): DataFolder {
  const path = resolve(name);
  try {
    const first = mkdirSync(path, { recursive: true });
    // Whatever the umask; a folder that was there is not ours to change.
    if (first) for (let made = path; made.length >= first.length; made = dirname(made)) chmodSync(made, 0o755);
    const isNew = !existsSync(join(path, 'postgres')) && !existsSync(join(path, 'admin-token'));
    writeFileSync(join(path, 'last-start'), `${new Date().toISOString()}\n`);
    return { path, isNew };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StartError(
      `The data folder ${path} cannot be written (${code}). Choose another one with LOCKSTEP_DATA_DIR.`,
    );
  }
}

/** The admin token of this folder, made at the first call. */
export function readOrMakeAdminToken(folder: DataFolder): string {
  return readOrMakeSecret(folder.path, 'admin-token');
}

/** A secret of a data folder, made at the first call; only our own user can read its file. */
export function readOrMakeSecret(path: string, name: string): string {
  const file = join(path, name);
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  const token = randomBytes(24).toString('base64url');
  writeWhole(file, `${token}\n`);
  return token;
}

/** Writes a file that is there either as it was or as it will be. Mode 600. */
export function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
