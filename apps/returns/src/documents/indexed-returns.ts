import { Inject, Injectable } from '@nestjs/common';
import { AggregatesStore } from './aggregates.store.js';
import type { HashPersonal } from './hash-personal.js';
import { joinOutcomes } from './join-outcomes.js';
import type { ReturnAggregate } from './return-aggregate.js';
import type { ReturnIndex, ReturnOutcome } from './return-index.js';
import type { ReturnRow, ReturnTarget } from './return-target.js';
import { toDocument } from './to-document.js';
import { TombstonesStore } from './tombstones/tombstones.store.js';

/** Injection tokens: the places that are written to, and how personal data is hashed. */
export const RETURN_TARGETS = Symbol('RETURN_TARGETS');
export const HASH_PERSONAL = Symbol('HASH_PERSONAL');

/** Reads returns, makes their documents, and writes them to every place where they are searched. */
@Injectable()
export class IndexedReturns implements ReturnIndex {
  constructor(
    private readonly aggregates: AggregatesStore,
    @Inject(RETURN_TARGETS) private readonly targets: readonly ReturnTarget[],
    @Inject(HASH_PERSONAL) private readonly hash: HashPersonal,
    private readonly tombstones: TombstonesStore,
  ) {}

  async writeReturns(ids: readonly number[], signal?: AbortSignal): Promise<{ outcomes: ReturnOutcome[] }> {
    const wanted = [...new Set(ids)];
    const { rows, unmade } = await this.read(wanted);
    const written: (readonly Awaited<ReturnType<ReturnTarget['write']>>[number][])[] = [];
    for (const target of this.targets) {
      signal?.throwIfAborted();
      written.push(await target.write(rows, signal));
    }
    const gone = rows.filter(({ document }) => document === null).map(({ id }) => id);
    if (gone.length > 0) await this.tombstones.unmark(gone);
    const outcomes = rows.map((row, at) =>
      joinOutcomes(
        row,
        written.map((each) => each[at]!),
      ),
    );
    // Whatever never was there is in no index either.
    const seen = new Set([...rows, ...unmade].map(({ id }) => id));
    const never = wanted.filter((id) => !seen.has(id)).map((returnId) => ({ returnId, outcome: 'noop' as const }));
    return { outcomes: [...outcomes, ...unmade.map(toFailure), ...never] };
  }

  private async read(ids: readonly number[]): Promise<MadeRows> {
    const found = await this.aggregates.read(ids);
    const seen = new Set(found.map(({ id }) => id));
    const graves = await this.aggregates.graves(ids.filter((id) => !seen.has(id)));
    const { rows, unmade } = makeRows(found, this.hash);
    return { rows: [...rows, ...graves.map(({ id, version }) => ({ id, version, document: null }))], unmade };
  }
}

/** Rows of returns, and returns of which none can be made. */
export interface MadeRows {
  readonly rows: readonly ReturnRow[];
  readonly unmade: readonly { readonly id: number; readonly reason: string }[];
}

/** One return that holds what nobody foresaw must not keep its neighbours out. */
export function makeRows(aggregates: readonly ReturnAggregate[], hash: HashPersonal): MadeRows {
  const rows: ReturnRow[] = [];
  const unmade: { id: number; reason: string }[] = [];
  for (const aggregate of aggregates) {
    try {
      rows.push(toRow(aggregate, hash));
    } catch (error) {
      unmade.push({ id: aggregate.id, reason: `No document can be made: ${String(error)}` });
    }
  }
  return { rows, unmade };
}

function toFailure({ id: returnId, reason }: MadeRows['unmade'][number]): ReturnOutcome {
  return { returnId, outcome: 'failed', reason, retryable: false };
}

/** What is written for a return: its document, or its tombstone. */
function toRow(aggregate: ReturnAggregate, hash: HashPersonal): ReturnRow {
  const { id, version, deleted } = aggregate;
  return { id, version, document: deleted ? null : toDocument(aggregate, hash) };
}
