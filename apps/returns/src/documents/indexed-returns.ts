import { Inject, Injectable } from '@nestjs/common';
import { AggregatesStore, type AggregateText } from './aggregates.store.js';
import type { HashPersonal } from './hash-personal.js';
import { joinOutcomes } from './join-outcomes.js';
import type { ReturnAggregate } from './return-aggregate.js';
import type { ReturnIndex, ReturnOutcome } from './return-index.js';
import type { ReturnRow, ReturnTarget, RowOutcome } from './return-target.js';
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
    const returns = await this.read(wanted);
    // Made for one place alone they live for an instant each, and a page of them costs no more memory than its JSON.
    const rows = this.targets.length === 1 ? returns.rows() : [...returns.rows()];
    const written: (readonly RowOutcome[])[] = [];
    for (const target of this.targets) {
      signal?.throwIfAborted();
      written.push(await target.write(rows, signal));
    }
    const gone = returns.made.filter(({ isGone }) => isGone).map(({ id }) => id);
    if (gone.length > 0) await this.tombstones.unmark(gone);
    const outcomes = returns.made.map(({ id, isGone }, at) =>
      joinOutcomes(
        id,
        isGone,
        written.map((each) => each[at]!),
      ),
    );
    // Whatever never was there is in no index either.
    const never = returns.never.map((returnId) => ({ returnId, outcome: 'noop' as const }));
    return { outcomes: [...outcomes, ...returns.unmade.map(toFailure), ...never] };
  }

  async show(): Promise<void> {
    await Promise.all(this.targets.map((target) => target.show()));
  }

  private async read(ids: readonly number[]): Promise<ReadReturns> {
    const found = await this.aggregates.readTexts(ids);
    if (found.length === ids.length) return new ReadReturns(found, [], [], this.hash);
    const seen = new Set(found.map(({ id }) => id));
    const graves = await this.aggregates.graves(ids.filter((id) => !seen.has(id)));
    for (const { id } of graves) seen.add(id);
    const never = ids.filter((id) => !seen.has(id));
    return new ReadReturns(found, graves, never, this.hash);
  }
}

/** Returns as they were read. */
class ReadReturns {
  /** Those of which a row was made, in their order. */
  readonly made: { readonly id: number; readonly isGone: boolean }[] = [];
  readonly unmade: { readonly id: number; readonly reason: string }[] = [];

  constructor(
    private readonly found: readonly AggregateText[],
    private readonly graves: readonly { readonly id: number; readonly version: number }[],
    /** Asked for, and nowhere. */
    readonly never: readonly number[],
    private readonly hash: HashPersonal,
  ) {}

  /** Makes each row when it is taken. To be gone through once. */
  *rows(): Generator<ReturnRow> {
    for (const { id, aggregate } of this.found) {
      const row = makeRow(id, () => toRow(JSON.parse(aggregate) as ReturnAggregate, this.hash));
      if ('reason' in row) this.unmade.push(row);
      else yield this.note(row);
    }
    for (const { id, version } of this.graves) yield this.note({ id, version, document: null });
  }

  private note(row: ReturnRow): ReturnRow {
    this.made.push({ id: row.id, isGone: row.document === null });
    return row;
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
    const row = makeRow(aggregate.id, () => toRow(aggregate, hash));
    if ('reason' in row) unmade.push(row);
    else rows.push(row);
  }
  return { rows, unmade };
}

function makeRow(id: number, make: () => ReturnRow): ReturnRow | MadeRows['unmade'][number] {
  try {
    return make();
  } catch (error) {
    return { id, reason: `No document can be made: ${String(error)}` };
  }
}

function toFailure({ id: returnId, reason }: MadeRows['unmade'][number]): ReturnOutcome {
  return { returnId, outcome: 'failed', reason, retryable: false };
}

/** What is written for a return: its document, or its tombstone. */
function toRow(aggregate: ReturnAggregate, hash: HashPersonal): ReturnRow {
  const { id, version, deleted } = aggregate;
  return { id, version, document: deleted ? null : toDocument(aggregate, hash) };
}
