import type { MessageDefinition, SyncDataV1, SyncEndV1 } from '@lockstep/contracts';
import { inTransaction } from '@lockstep/database';
import { ack, isMessageOf, type ReceivedMessage, type Verdict } from '@lockstep/messaging';
import { failpoint } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { MergeStore } from '../merge/merge.store.js';
import { faultsOf, type Source, type SourceItem } from '../merge/source.js';
import { IssueStore, type RunIssue } from './issue.store.js';
import { SourceBatchStore } from './source-batch.store.js';

/** The items of a message, sorted into those that can be stored and issues about those that cannot. */
interface CheckedBatch<Item> {
  data: SyncDataV1;
  good: Item[];
  issues: RunIssue[];
}

/**
 * Stores the records of a rebuild. Several messages share one transaction: parts, derived masters, the count of each batch
 * and the issues are committed together and only then acknowledged, so a crash at any point means a second delivery that
 * changes nothing that was already stored.
 */
@Injectable()
export class SourceIntake {
  constructor(
    private readonly dataSource: DataSource,
    private readonly merge: MergeStore,
    private readonly batches: SourceBatchStore,
    private readonly issues: IssueStore,
  ) {}

  /** `data` tells the messages with records from the end marker, which shares their queue. */
  async take<Item extends SourceItem>(
    source: Source<Item>,
    data: MessageDefinition<SyncDataV1<Item>>,
    messages: readonly ReceivedMessage[],
  ): Promise<Verdict[]> {
    const batches = messages
      .filter((message) => isMessageOf(message, data))
      .map(({ payload }) => checkItems(source, payload));
    const ends = messages.filter((message) => !isMessageOf(message, data)).map(({ payload }) => payload as SyncEndV1);
    await inTransaction(this.dataSource, async (manager) => {
      await this.store(manager, source, batches);
      // Last: it writes the row of the phase, for which others wait who hold the lock of merges.
      for (const end of ends)
        if (await this.batches.isExpected(manager, end)) await this.batches.recordEnd(manager, end);
      failpoint('integration.batch.stored');
    });
    failpoint('integration.batch.committed');
    return messages.map(() => ack());
  }

  private async store<Item extends SourceItem>(
    manager: EntityManager,
    source: Source<Item>,
    batches: readonly CheckedBatch<Item>[],
  ): Promise<void> {
    const expected: CheckedBatch<Item>[] = [];
    for (const batch of batches) if (await this.batches.isExpected(manager, batch.data)) expected.push(batch);
    if (expected.length === 0) return;
    const good = expected.flatMap((batch) => batch.good);
    await this.merge.refreshMasters(manager, await source.apply(manager, good, 'changed'));
    for (const { data, good, issues } of expected) {
      await this.issues.add(manager, data.runId, issues);
      await this.batches.record(manager, data, {
        keys: data.items.map((item) => String((item as SourceItem).key)),
        received: data.items.length,
        written: good.length,
        rejected: issues.length,
      });
    }
  }
}

/** One bad item costs itself only: it becomes an issue, its neighbours are stored. */
function checkItems<Item extends SourceItem>(source: Source<Item>, data: SyncDataV1<Item>): CheckedBatch<Item> {
  const good: Item[] = [];
  const issues: RunIssue[] = [];
  for (const [index, item] of data.items.entries()) {
    const faults = faultsOf(source, item);
    if (faults.length === 0) good.push(item);
    else issues.push(toIssue(data, item, index, faults));
  }
  return { data, good, issues };
}

function toIssue(data: SyncDataV1, item: SourceItem, index: number, faults: string[]): RunIssue {
  const key = typeof item.key === 'string' && item.key !== '' ? item.key : `batch ${data.sequence}, item ${index + 1}`;
  return { severity: 'error', source: data.source, key, code: 'ITEM_INVALID', message: faults.join('; '), row: item };
}
