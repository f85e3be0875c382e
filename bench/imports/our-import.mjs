import { openAsBlob } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { watchCpu } from '../machine/cpu-watch.mjs';
import { startWorker } from '../machine/worker.mjs';
import { call, logTail, processGroups, query } from '../sync/place.mjs';

const OWNER = new URL('./owner.mjs', import.meta.url);
const LOOK_EVERY_MS = 200;

/** One import from its upload to its end: seconds of reading, planning (from the last row read), and execution. */
export async function measureOurImport(place, feed, limitMs) {
  const owner = await startWorker(OWNER, { rabbitmqUrl: place.rabbitmqUrl, services: ['shop-update'] });
  try {
    const stopWatch = watchCpu({ ...processGroups(place), owner: [owner.pid] });
    const body = await openAsBlob(feed.path);
    const headers = { body, contentType: 'application/x-ndjson', limitMs };
    const { importBatchId } = await call(place, 'import', 'POST', '/api/imports', headers);
    const batch = await untilEnded(place, importBatchId, limitMs);
    const cpu = stopWatch();
    if (batch.state !== 'complete' || batch.processing_error || batch.objects.complete !== feed.objects) {
      throw new Error(`the import ended ${JSON.stringify(batch)}\n${logTail(place.services.import)}`);
    }
    const readAt = saidAt(place, `Batch ${importBatchId} is read`);
    const seconds = (from, to) => (to - from) / 1_000;
    return {
      importBatchId,
      readSeconds: seconds(batch.created_at, readAt),
      planSeconds: seconds(readAt, batch.started_at),
      executeSeconds: seconds(batch.started_at, batch.finished_at),
      cpu,
    };
  } finally {
    owner.stop();
  }
}

async function untilEnded(place, importBatchId, limitMs) {
  const startedAt = performance.now();
  for (;;) {
    const [batch] = await query(
      place,
      `SELECT state, processing_error, objects, created_at, started_at, finished_at FROM import.import_batch WHERE id = $1`,
      [importBatchId],
    );
    if (batch?.finished_at) return batch;
    if (performance.now() - startedAt > limitMs)
      throw new Error(`no end within ${limitMs} ms: ${JSON.stringify(batch)}`);
    await sleep(LOOK_EVERY_MS);
  }
}

/** When the service's log says something. */
function saidAt(place, message) {
  const line = place.services.import
    .logs()
    .split('\n')
    .find((each) => each.includes(message));
  if (!line) throw new Error(`the log does not say "${message}"`);
  return Date.parse(JSON.parse(line).time);
}
