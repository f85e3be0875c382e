import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describeWithEngines } from '@lockstep/testing';
import { afterAll, expect, it } from 'vitest';
import { Stage } from '../stage/stage.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));

describeWithEngines('the compiled services', (engines) => {
  const copy = mkdtempSync(join(tmpdir(), 'lockstep-nest-build-'));
  const stage = new Stage(engines);
  afterAll(async () => {
    await stage.close();
    rmSync(copy, { recursive: true, force: true });
  });

  it('are built by nest build, and what it builds boots', async () => {
    copySources();
    const nest = join(root, 'node_modules/@nestjs/cli/bin/nest.js');
    for (const app of ['tcs', 'integration']) {
      const { stdout, stderr } = await run(process.execPath, [nest, 'build', app], { cwd: copy, timeout: 120_000 });
      expect(`${stdout}${stderr}`).not.toMatch(/error/i);
    }
    await stage.open();
    for (const app of ['tcs', 'integration'] as const) {
      const service = await stage.start(app, {}, join(copy, `apps/${app}/dist/main.js`));
      expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
      expect(await service.kill('SIGTERM')).toBe(0);
    }
  }, 240_000);

  /** Aside, because other tests are running what lies in `dist`. The libraries are taken as they were built. */
  function copySources(): void {
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    for (const file of ['nest-cli.json', 'tsconfig.base.json', 'tsconfig.json', 'package.json'])
      cpSync(join(root, file), join(copy, file));
    cpSync(join(root, 'libs'), join(copy, 'libs'), { recursive: true });
    for (const app of readdirSync(join(root, 'apps'))) {
      mkdirSync(join(copy, 'apps', app), { recursive: true });
      cpSync(join(root, 'apps', app), join(copy, 'apps', app), {
        recursive: true,
        filter: (path) => !path.endsWith('/dist'),
      });
    }
  }
});
