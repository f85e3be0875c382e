import type { PlacedBody } from '../shop/generate-catalogue.js';
import { type LoadCounts, type LoadTarget, NotServedError, type OnProgress } from './send-records.js';

/** Requests on their way at the same time. */
const AT_ONCE = 8;
const REPORT_EVERY = 100;

/**
 * Puts bodies one by one, several at a time, where there is no route for many. Resolves with the counts of all; a body that
 * is refused is counted and named. Putting the same again changes nothing. Throws as `sendRecords` does.
 */
export async function putBodies(
  target: LoadTarget,
  bodies: Iterable<PlacedBody>,
  onProgress: OnProgress = () => undefined,
): Promise<LoadCounts> {
  const counts = { received: 0, created: 0, updated: 0, unchanged: 0, rejected: 0 };
  const iterator = bodies[Symbol.iterator]();
  const work = async (): Promise<void> => {
    for (let next = iterator.next(); !next.done; next = iterator.next()) {
      const line = ++counts.received;
      const refusal = await put(target, next.value);
      if (typeof refusal === 'string') {
        counts.rejected += 1;
        onProgress(counts, [{ line, code: 'REFUSED', message: `${next.value.path}: ${refusal}` }]);
      } else counts[refusal.created ? 'created' : 'updated'] += 1;
      if (line % REPORT_EVERY === 0) onProgress(counts, []);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  onProgress(counts, []);
  return counts;
}

/** Whether it was made, or why it was refused. */
async function put({ url, token }: LoadTarget, { path, body }: PlacedBody): Promise<{ created: boolean } | string> {
  const response = await fetch(new URL(path, url), {
    method: 'PUT',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  }).catch((error: Error) => {
    const { code } = (error.cause ?? {}) as { code?: string };
    throw new Error(`${url} does not answer (${code ?? error.message}): is Lockstep running?`);
  });
  const answer = (await response.json().catch(() => ({}))) as { detail?: string; code?: string };
  if (response.ok) return { created: response.status === 201 };
  if (response.status === 401) throw new Error(`${url} does not know the token (401)`);
  if (response.status === 403) throw new Error(`the token may not write (403): ${answer.detail}`);
  if (response.status === 404) throw new NotServedError(`${url} does not serve ${path}`);
  if (response.status >= 500) throw new Error(`${url} answered ${response.status}: ${answer.detail}`);
  return answer.detail ?? response.statusText;
}
