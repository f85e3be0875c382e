import { describe, expect, it } from 'vitest';
import { isServerOn, parseLockFile } from './running-server.js';

const LOCK_FILE = '4711\n/data/cluster\n1763000000\n45123\n\n127.0.0.1\n  12345  67\nready   \n';

describe('the lock file of a server', () => {
  it('tells process, port and whether it answers', () => {
    expect(parseLockFile(LOCK_FILE)).toEqual({ pid: 4711, port: 45_123, isReady: true });
    expect(parseLockFile(LOCK_FILE.replace('ready ', 'starting '))).toMatchObject({ isReady: false });
  });

  it('is nothing while it is being written', () => {
    expect(parseLockFile('')).toBeUndefined();
    expect(parseLockFile('4711\n')).toEqual({ pid: 4711, port: 0, isReady: false });
  });
});

describe('a process id', () => {
  const started = (command: string) => ({ command, startedAt: '1' });

  it('belongs to the server only when that is a PostgreSQL on this very cluster', () => {
    expect(isServerOn('/data/cluster', started('/x/postgres -D /data/cluster -p 1'))).toBe(true);
    expect(isServerOn('/data/cluster', started('/x/postgres -D /other/cluster -p 1'))).toBe(false);
    expect(isServerOn('/data/cluster', started('/x/postgres -D /data/cluster2'))).toBe(false);
    expect(isServerOn('/data/cluster', started('node main.js /data/cluster'))).toBe(false);
    expect(isServerOn('/data/cluster', undefined)).toBe(false);
  });
});
