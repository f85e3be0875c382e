import { Inject, Injectable } from '@nestjs/common';
import { AggregatesStore } from './aggregates.store.js';
import type { HashPersonal } from './hash-personal.js';
import { joinOutcomes } from './join-outcomes.js';
import type { ReturnAggregate } from './return-aggregate.js';
import type { ReturnIndex, ReturnOutcome } from './return-index.js';
import type { ReturnRow, ReturnTarget } from './return-target.js';
import { toDocument } from './to-document.js';

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
  ) {}

  async writeReturns(ids: readonly number[], signal?: AbortSignal): Promise<{ outcomes: ReturnOutcome[] }> {
    const wanted = [...new Set(ids)];
    const rows = await this.read(wanted);
    const written: (readonly Awaited<ReturnType<ReturnTarget['write']>>[number][])[] = [];
    for (const target of this.targets) {
      signal?.throwIfAborted();
      written.push(await target.write(rows, signal));
    }
    const outcomes = rows.map((row, at) =>
      joinOutcomes(
        row,
        written.map((each) => each[at]!),
      ),
    );
    // Whatever never was there is in no index either.
    const seen = new Set(rows.map(({ id }) => id));
    const never = wanted.filter((id) => !seen.has(id)).map((returnId) => ({ returnId, outcome: 'noop' as const }));
    return { outcomes: [...outcomes, ...never] };
  }

  private async read(ids: readonly number[]): Promise<ReturnRow[]> {
    const found = await this.aggregates.read(ids);
    const seen = new Set(found.map(({ id }) => id));
    const graves = await this.aggregates.graves(ids.filter((id) => !seen.has(id)));
    return [
      ...found.map((aggregate) => toRow(aggregate, this.hash)),
      ...graves.map(({ id, version }) => ({ id, version, document: null })),
    ];
  }
}

/** What is written for a return: its document, or its tombstone. */
export function toRow(aggregate: ReturnAggregate, hash: HashPersonal): ReturnRow {
  const { id, version, deleted } = aggregate;
  return { id, version, document: deleted ? null : toDocument(aggregate, hash) };
}
