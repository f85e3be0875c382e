import type { EntityManager } from 'typeorm';
import type { Generation, RunGeneration } from './family.store.js';
import type { FamilyAccess } from './family-access.js';
import { StaleFenceError } from './generation-errors.js';

/** Which run asks; a newer run has a larger fence. */
export interface RunFence {
  readonly runId: string;
  /** A safe integer from 1. */
  readonly fence: number;
}

/**
 * Gives the run the building place, in the transaction of who holds the family exclusively; `abandoned` is the generation
 * that had to leave it. @throws StaleFenceError when a newer run has begun
 */
export async function claimGeneration(
  { store, options: { name, schema } }: FamilyAccess,
  manager: EntityManager,
  { runId, fence }: RunFence,
): Promise<{ generation: RunGeneration; abandoned: Generation | null }> {
  const family = await store.load(manager);
  if (fence < family.fence) throw new StaleFenceError(`${name} is at fence ${family.fence}, not ${fence}.`);
  const own = await store.generationOfRun(manager, runId);
  if (own) return { generation: own, abandoned: null };
  const former = family.building === null ? null : await store.generation(manager, family.building);
  if (former && former.fence >= fence) throw new StaleFenceError(`${former.indexName} is being built at this fence.`);
  if (former) await store.advance(manager, former.number, 'abandoned');
  const number = family.lastGeneration + 1;
  const claim = { number, runId, fence, afterLoss: false };
  const generation = await store.insertGeneration(manager, claim, schema);
  const writeTargets = family.writeTargets.filter((target) => target !== former?.number);
  await store.update(manager, { building: number, lastGeneration: number, fence, writeTargets });
  return { generation: { ...generation, runId }, abandoned: former };
}
