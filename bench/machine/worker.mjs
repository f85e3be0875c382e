/**
 * Work that must run in a process of its own. The worker connects to what it needs, says that it is ready, and begins when
 * it is told: starting processes and opening connections is in nobody's time.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const READY_LIMIT_MS = 60_000;

/** Starts a worker module; resolves when it is ready. `begin` resolves to what the work answers; `stop` ends the process. */
export async function startWorker(moduleUrl, settings) {
  const child = fork(fileURLToPath(moduleUrl), [], { execArgv: [] });
  let settle;
  child.on('message', (message) => settle?.(message));
  child.on('error', ({ message }) => settle?.({ error: message }));
  child.once('exit', (code, signal) => settle?.({ error: `ended with ${code ?? signal}` }));
  const answer = (limitMs) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => settle({ error: `no answer within ${limitMs} ms` }), limitMs);
      settle = (message) => {
        clearTimeout(timer);
        settle = undefined;
        if (message.error) reject(new Error(`${fileURLToPath(moduleUrl)}: ${message.error}`));
        else resolve(message.result);
      };
    });
  const stop = () => child.kill('SIGKILL');
  child.send(settings);
  try {
    await answer(READY_LIMIT_MS);
  } catch (error) {
    stop();
    throw error;
  }
  return {
    pid: child.pid,
    begin: (limitMs) => {
      const done = answer(limitMs);
      child.send('begin');
      return done;
    },
    stop,
  };
}

/** The worker's side: `prepare(settings)` answers the function that does the work. Ends with its parent. */
export function serveWorker(prepare) {
  process.once('disconnect', () => process.exit());
  const tell = async (task) => {
    try {
      process.send({ result: await task() });
    } catch (error) {
      process.send({ error: error.stack ?? String(error) });
    }
  };
  process.once('message', (settings) =>
    tell(async () => {
      const work = await prepare(settings);
      process.once('message', () => tell(work));
    }),
  );
}
