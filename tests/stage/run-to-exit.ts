import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { App } from './stage.js';

const LIMIT_MS = 90_000;

/** Runs a compiled service with exactly this environment until it ends by itself, 90 s at most. */
export async function runToExit(
  app: App,
  env: Record<string, string>,
): Promise<{ code: number | null; output: string }> {
  const main = fileURLToPath(new URL(`../../apps/${app}/dist/main.js`, import.meta.url));
  const child = spawn(process.execPath, [main], {
    env: { NODE_ENV: 'test', ...env },
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}
