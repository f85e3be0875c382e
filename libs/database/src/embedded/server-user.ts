import { spawnSync } from 'node:child_process';

/** A user of the system to run as. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root; these are tried in its place. */
const CANDIDATES = ['postgres', 'nobody'];

/** Whom the server runs as: `undefined` for "as whoever we are", which is always so when that is not root. */
export function findServerUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of CANDIDATES) {
    const uid = idOf('-u', name);
    const gid = idOf('-g', name);
    if (uid && gid) return { uid, gid };
  }
  return undefined;
}

function idOf(option: '-u' | '-g', name: string): number | undefined {
  const { status, stdout } = spawnSync('id', [option, name], { encoding: 'utf8' });
  return status === 0 ? Number(stdout) : undefined;
}

/**
 * True when the user can enter the folder and, if named, run the program in it. Asked of the system by a process of that
 * user: folders above may be closed to it, whatever the folder itself allows.
 */
export function canUse(user: ServerUser | undefined, folder: string, program?: string): boolean {
  if (!user) return true;
  const script = program ? 'cd "$1" && test -x "$2" && test -r "$2"' : 'cd "$1"';
  const args = ['-c', script, 'sh', folder, ...(program ? [program] : [])];
  return spawnSync('/bin/sh', args, { ...user, cwd: '/', stdio: 'ignore' }).status === 0;
}
