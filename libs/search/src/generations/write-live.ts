import { inTransaction } from '@lockstep/database';
import type { SearchEngine, WriteOutcome } from '../engine/search-engine.js';
import { SearchUnavailableError } from '../engine/search-errors.js';
import type { FamilyAccess } from './family-access.js';
import type { IndexRow, RejectedRow } from './fill-index.js';
import { fitOf, type RowFit } from './fit-rows.js';

/** What came of live writes, counted in the generation that is read. */
export interface LiveResult {
  readonly written: number;
  readonly stale: number;
  /** What became of each row, in their order: as in the generation that is read, but `rejected` where any refused it. */
  readonly outcomes: readonly WriteOutcome[];
  /** Documents that some generation cannot store; the index is named. The others were written. */
  readonly rejected: readonly (RejectedRow & { readonly index: string })[];
}

/**
 * Writes the rows to every generation that is written to. Whoever changes which those are waits for it.
 *
 * @throws SearchUnavailableError when a document could not be written somewhere
 */
export function writeToFamily(access: FamilyAccess, rows: readonly IndexRow[]): Promise<LiveResult | 'activeMissing'> {
  const { store, options } = access;
  return inTransaction(options.dataSource, async (manager) => {
    await store.lock(manager, 'shared');
    const { writeTargets, active } = await store.load(manager);
    const numbers = [...writeTargets.filter((number) => number !== active), active ?? 0];
    const otherFields = await store.otherFields(manager, numbers, options.schema);
    const targets = numbers.map((number) => ({
      index: access.indexName(number),
      fit: fitOf(otherFields.get(number)),
    }));
    return writeToTargets(options.engine, targets, rows);
  });
}

/** A document up to a version. */
export type DocumentKey = Pick<IndexRow, 'id' | 'version'>;

/**
 * Has every generation that is written to forget the documents, newer ones excepted.
 *
 * @throws SearchUnavailableError when some could not be forgotten somewhere
 */
export function forgetInFamily(access: FamilyAccess, keys: readonly DocumentKey[]): Promise<void> {
  const { store, options } = access;
  return inTransaction(options.dataSource, async (manager) => {
    await store.lock(manager, 'shared');
    for (const number of (await store.load(manager)).writeTargets) {
      const index = access.indexName(number);
      const outcomes = await options.engine.forget(keys.map(({ id, version }) => ({ index, id, version })));
      const failed = outcomes.find((outcome) => 'reason' in outcome);
      if (failed) throw new SearchUnavailableError(`${index}: ${failed.reason}`);
    }
  });
}

/** An index to write to, and how rows are made to fit it. */
interface LiveTarget {
  readonly index: string;
  readonly fit: RowFit;
}

/**
 * Writes the rows to the indexes one after the other, the one that is read last: what readers see is then in every other
 * index already. An index that is not read and is gone is passed over, since it cannot be shown either.
 *
 * @throws SearchUnavailableError when a document could not be written somewhere
 */
async function writeToTargets(
  engine: SearchEngine,
  targets: readonly LiveTarget[],
  rows: readonly IndexRow[],
): Promise<LiveResult | 'activeMissing'> {
  if (rows.length === 0) return { written: 0, stale: 0, outcomes: [], rejected: [] };
  const rejected: (RejectedRow & { index: string })[] = [];
  const refusals = new Map<number, WriteOutcome>();
  let outcomes: readonly WriteOutcome[] = [];
  for (const { index, fit } of targets) {
    outcomes = await engine.bulk(rows.map(fit).map(({ id, version, source }) => ({ index, id, version, source })));
    for (const [at, outcome] of outcomes.entries()) {
      if (outcome.status === 'retryable') throw new SearchUnavailableError(`${index}: ${outcome.reason}`);
      if (outcome.status !== 'rejected') continue;
      rejected.push({ id: rows[at]!.id, reason: outcome.reason, index });
      refusals.set(at, outcome);
    }
  }
  if (outcomes.some(({ status }) => status === 'missing')) return 'activeMissing';
  const count = (status: WriteOutcome['status']) => outcomes.filter((outcome) => outcome.status === status).length;
  const perRow = outcomes.map((outcome, at) => refusals.get(at) ?? outcome);
  return { written: count('ok'), stale: count('stale'), outcomes: perRow, rejected };
}
