import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type RealEngines, readStateFile } from './find-engines.js';

const run = promisify(execFile);
const script = fileURLToPath(new URL('../../../../scripts/engines.mjs', import.meta.url));
/** The script bounds its own waits: for its lock, for the end of what runs, and for the start. */
const RESTART_LIMIT_MS = 400_000;

/** One of the engines that `npm run engines` starts. */
export type EngineName = 'rabbitmq' | 'postgres' | 'elasticsearch';

/**
 * Ends an engine, with `kill` by SIGKILL and otherwise in order, and starts it again on the same ports and data;
 * resolves when it answers. Every suite on that engine feels it, so only files under `tests/faults/`, which run one
 * by one after all others, may call it.
 *
 * @param options.whileDown called between the end and the new start
 * @throws Error when the engines were not started by `npm run engines`: others are not ours to restart
 */
export async function restartEngine(
  name: EngineName,
  engines: RealEngines,
  options: { kill: boolean; whileDown?: () => Promise<void> },
): Promise<void> {
  if (readStateFile().DATABASE_URL !== engines.databaseUrl) {
    throw new Error('only engines started by npm run engines can be restarted: unset the four URL variables');
  }
  await command(options.kill ? 'kill' : 'stop', name);
  try {
    await options.whileDown?.();
  } finally {
    await command('start', name);
  }
}

async function command(verb: string, name: EngineName): Promise<void> {
  await run(process.execPath, [script, verb, name], { timeout: RESTART_LIMIT_MS });
}
