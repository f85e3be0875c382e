/** How long after its commit a change is found, while a thousand a second are made and a window begins each second. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { watchCpu } from '../machine/cpu-watch.mjs';
import { processGroups, startAnew } from '../sync/place.mjs';

const CHANGES_A_SECOND = 1_000;
const CHANGES_A_COMMIT = 10;
const SECONDS = 30;
const WARM_UP_SECONDS = 5;
const LOOK_EVERY_MS = 50;
const DRAIN_MS = 30_000;

/** `{p50, p99, max, samples, changes, lost, cpu}`, times in seconds. */
export async function measureFreshness(place, returns) {
  await startAnew(place, 'returns', { RETURNS_EVERY_SECONDS: '1' });
  const client = new pg.Client({ connectionString: place.databaseUrl });
  await client.connect();
  const open = new Map();
  const delays = [];
  let isWriting = true;
  const watching = watch();
  const stopWatch = watchCpu(processGroups(place));
  try {
    const changes = await write();
    isWriting = false;
    await watching;
    delays.sort((a, b) => a - b);
    const at = (share) => delays[Math.min(delays.length - 1, Math.floor(delays.length * share))] / 1_000;
    return {
      p50: at(0.5),
      p99: at(0.99),
      max: at(1),
      samples: delays.length,
      changes,
      lost: open.size,
      cpu: stopWatch(),
    };
  } finally {
    isWriting = false;
    await client.end();
    await startAnew(place, 'returns', { RETURNS_EVERY_SECONDS: '0' });
  }

  async function write() {
    const everyMs = (1_000 * CHANGES_A_COMMIT) / CHANGES_A_SECOND;
    const startedAt = performance.now();
    let commits = 0;
    for (; performance.now() - startedAt < SECONDS * 1_000; commits++) {
      const dueAt = startedAt + commits * everyMs;
      if (dueAt > performance.now()) await sleep(dueAt - performance.now());
      const ids = Array.from({ length: CHANGES_A_COMMIT }, () => 1 + Math.floor(Math.random() * returns));
      const { rows } = await client.query(
        `UPDATE returns.order_return SET refund_amount = random() * 100 WHERE id = ANY ($1::bigint[]) RETURNING id, version`,
        [[...ids].sort((a, b) => a - b)],
      );
      // Raised with the commit.
      const [{ id, version }] = rows;
      const isCounted = performance.now() - startedAt > WARM_UP_SECONDS * 1_000;
      open.set(`${id}`, { version: Number(version) + 1, committedAt: performance.now(), isCounted });
    }
    return commits * CHANGES_A_COMMIT;
  }

  async function watch() {
    let endAt = Number.POSITIVE_INFINITY;
    while (performance.now() < endAt && (isWriting || open.size > 0)) {
      if (!isWriting && endAt === Number.POSITIVE_INFINITY) endAt = performance.now() + DRAIN_MS;
      const wanted = [...open.keys()];
      const { hits } = await place.elastic.request('POST', `/${place.prefix}order_returns/_search`, {
        size: 5_000,
        version: true,
        _source: false,
        query: { ids: { values: wanted } },
      });
      const now = performance.now();
      for (const { _id, _version } of hits.hits) {
        const change = open.get(_id);
        if (!change || _version < change.version) continue;
        open.delete(_id);
        if (change.isCounted) delays.push(now - change.committedAt);
      }
      await sleep(LOOK_EVERY_MS);
    }
  }
}
