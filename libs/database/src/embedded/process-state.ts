import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process as the system shows it. */
export interface ProcessState {
  /** Command and arguments. */
  readonly command: string;
  /** Changes when the id is given to another process; `''` where the system does not tell. */
  readonly startedAt: string;
}

/** What runs under an id; `undefined` when nothing does, or only a zombie that nobody has reaped. */
export function processState(pid: number): ProcessState | undefined {
  if (process.platform === 'linux') return readProcfs(pid);
  if (process.platform === 'win32') return isAlive(pid) ? { command: 'unknown', startedAt: '' } : undefined;
  return askPs(pid);
}

function readProcfs(pid: number): ProcessState | undefined {
  try {
    // The name in parentheses may hold anything; the fields after it are: state, ..., start time as the 20th.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return { command, startedAt: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

function askPs(pid: number): ProcessState | undefined {
  const columns = ['-o', 'stat=', '-o', 'lstart=', '-o', 'command='];
  const { stdout } = spawnSync('ps', ['-ww', '-p', String(pid), ...columns], { encoding: 'utf8' });
  // State, then a date of five words, then the command.
  const parts = /^(\S+)\s+((?:\S+\s+){5})(.+)/.exec(stdout?.trim() ?? '');
  if (!parts || parts[1]!.startsWith('Z')) return undefined;
  return { command: parts[3]!, startedAt: parts[2]!.trim() };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
