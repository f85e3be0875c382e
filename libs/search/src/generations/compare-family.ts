import type { BucketSum } from '../engine/search-engine.js';
import type { FamilyRow, Generation } from './family.store.js';
import type { FamilyAccess } from './family-access.js';
import { fillIndex, type IndexRow } from './fill-index.js';
import { asItIs, fitOf } from './fit-rows.js';
import { exceedsLoss, toPercent } from './judge-counts.js';
import type { ShownGeneration } from './shown-generation.js';
import {
  type Authority,
  findStructuralProblems,
  type VerificationReport,
  verifyGeneration,
} from './verify-generation.js';
import type { LiveResult } from './write-live.js';

const EVENT_OF_OUTCOME = { ready: 'verified', held: 'heldBack', failed: 'mismatched' } as const;

/** Compares a sealed generation of the current build with the database, heals what differs, and records the outcome. */
export async function verifyBuilding(
  access: FamilyAccess,
  shown: ShownGeneration,
  generation: Generation,
  authority: Authority,
): Promise<VerificationReport> {
  const { engine, schema, aliases } = access.options;
  const family = await access.load();
  access.checkBuilding(family, generation);
  const current = await access.generation(generation.number);
  const indexes = await engine.listIndices();
  const report = await verifyGeneration({
    engine,
    schema,
    index: current.indexName,
    structuralProblems: findStructuralProblems(
      indexes.find(({ name }) => name === current.indexName),
      { meta: shown.metaOf(current, family.installation), structure: current.structure },
      schema,
    ),
    formerIndex: await comparableIndex(access, family),
    aliases,
    authority,
    heal: async (rows) => (await fillIndex(engine, current.indexName, [rows])).rejected,
    fit: asItIs,
    isApproved: current.approvedBy !== null,
  });
  await access.onBuilding(generation, async (manager) => {
    await access.store.setVerification(manager, generation.number, report);
    await access.store.advance(manager, generation.number, EVENT_OF_OUTCOME[report.outcome]);
  });
  return report;
}

/**
 * Compares the generation that readers see with the database, and has what differs written to every generation that is
 * written to; nothing where the database has lost much of what readers see. Changes no state.
 */
export async function checkShown(
  access: FamilyAccess,
  authority: Authority,
  write: (rows: readonly IndexRow[]) => Promise<LiveResult>,
): Promise<VerificationReport> {
  const { engine, schema, aliases, dataSource } = access.options;
  const number = (await access.load()).active ?? 0;
  const index = access.indexName(number);
  const otherFields = await access.store.otherFields(dataSource.manager, [number], schema);
  const heal = async (rows: readonly IndexRow[]) => (await write(rows)).rejected;
  await engine.refresh(index);
  const structuralProblems = findLoss(await engine.bucketSums(index), await authority.bucketSums());
  const fit = fitOf(otherFields.get(number));
  const current = { index, structuralProblems, formerIndex: null, isApproved: true, fit };
  return verifyGeneration({ engine, schema, aliases, authority, heal, ...current });
}

/** A first, empty generation holds a few live changes at most: its counts prove nothing. */
async function comparableIndex(access: FamilyAccess, { active }: FamilyRow): Promise<string | null> {
  if (active === null) return null;
  const { runId, indexName } = await access.generation(active);
  return runId === null ? null : indexName;
}

/** Why the database cannot be what readers should see. Sums may come as text from the database. */
function findLoss(shown: readonly BucketSum[], stored: readonly BucketSum[]): string[] {
  const [formerLive, live] = [shown, stored].map((sums) => sums.reduce((sum, bucket) => sum + Number(bucket.live), 0));
  if (!exceedsLoss(formerLive!, live!)) return [];
  const change = toPercent((live! - formerLive!) / formerLive!);
  return [`${formerLive} documents are served and the database has ${live} (${change}): nothing was written.`];
}
