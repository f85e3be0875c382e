import { type IndexRow, type SearchEngine, toIndexSource, type WriteOutcome } from '@lockstep/search';
import { SEARCH_ENGINE } from '@lockstep/service';
import { Inject, Injectable } from '@nestjs/common';
import { ReturnFamily } from './return-family.js';
import { RETURN_ALIAS, returnSchema } from './return-schema.js';
import type { ReturnRow, ReturnTarget, RowOutcome } from './return-target.js';

/** Writes to every generation that takes writes, the one that is read last. */
@Injectable()
export class SearchIndexTarget implements ReturnTarget {
  readonly name = 'search index';

  constructor(
    private readonly family: ReturnFamily,
    @Inject(SEARCH_ENGINE) private readonly engine: SearchEngine,
  ) {}

  async write(rows: Iterable<ReturnRow>, signal?: AbortSignal): Promise<RowOutcome[]> {
    const family = await this.family.ready();
    signal?.throwIfAborted();
    const { outcomes } = await family.writeLive(Array.from(rows, toIndexRow));
    return outcomes.map(toRowOutcome);
  }

  show(): Promise<void> {
    return this.engine.refresh(RETURN_ALIAS);
  }
}

/** A row as an index of ours takes it. */
export function toIndexRow({ id, version, document }: ReturnRow): IndexRow {
  const key = String(id);
  return { id: key, version, source: toIndexSource(returnSchema, { id: key, version, document }) };
}

function toRowOutcome(outcome: WriteOutcome): RowOutcome {
  switch (outcome.status) {
    case 'ok':
      return { status: 'written' };
    case 'stale':
      return { status: 'stale' };
    case 'missing':
      return { status: 'retryable', reason: 'The index was removed.' };
    default:
      return { status: outcome.status, reason: outcome.reason };
  }
}
