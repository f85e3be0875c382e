import type { FamilyStatus } from '@lockstep/search';
import type { Health } from '../health/health.js';

/**
 * How the index is that readers see: `degraded` while it waits for a rebuild. Where it cannot be told, the checks of the
 * database and of the search engine say so, and this one does not repeat them.
 */
export async function indexHealth(readStatus: () => Promise<FamilyStatus>): Promise<Health> {
  const status = await readStatus().catch(() => undefined);
  if (!status?.rebuildReason) return { status: 'up' };
  const { rebuildReason, active } = status;
  return { status: 'degraded', detail: { generation: active?.indexName, rebuildReason } };
}
