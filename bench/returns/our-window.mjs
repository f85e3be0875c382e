import { setTimeout as sleep } from 'node:timers/promises';
import { watchCpu } from '../machine/cpu-watch.mjs';
import { call, logTail, processGroups, query } from '../sync/place.mjs';

const LOOK_EVERY_MS = 50;

/** One window, asked for and followed to its end: `{runId, seconds, counts, cpu}`, the time as the run itself states it. */
export async function measureWindow(place, limitMs) {
  const stopWatch = watchCpu(processGroups(place));
  const { runId } = await call(place, 'returns', 'POST', '/api/returns/sync');
  const startedAt = performance.now();
  for (;;) {
    const [run] = await query(
      place,
      'SELECT state, selected, indexed, noop, tombstoned, failed, extract(epoch FROM ended_at - created_at)::float8 AS seconds FROM returns.return_sync_run WHERE id = $1',
      [runId],
    );
    if (run?.state === 'COMPLETED') return { runId, ...run, cpu: stopWatch() };
    const isOver = run && ['COMPLETED_WITH_ERRORS', 'FAILED', 'CANCELLED'].includes(run.state);
    if (isOver || performance.now() - startedAt > limitMs) {
      throw new Error(`the window ended ${JSON.stringify(run)}\n${logTail(place.services.returns)}`);
    }
    await sleep(LOOK_EVERY_MS);
  }
}
