import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('reads 200 MB of CSV in at most 150 MB of memory more than it began with', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-memory-'));
  try {
    const script = fileURLToPath(new URL('./memory.fixture.mjs', import.meta.url));
    const options = { timeout: 230_000 };
    const { stdout } = await promisify(execFile)(
      'node',
      ['--expose-gc', script, join(folder, 'feed.csv'), '200'],
      options,
    );
    const { grownMegabytes, items } = JSON.parse(stdout);
    expect(items).toBeGreaterThan(4_000_000);
    expect(grownMegabytes).toBeLessThan(150);
  } finally {
    await rm(folder, { recursive: true });
  }
}, 240_000);
