import type { MessageDefinition, SyncDataV1, SyncEndV1 } from '@lockstep/contracts';
import { inTransaction } from '@lockstep/database';
import { ack, isMessageOf, type ReceivedMessage, type Verdict } from '@lockstep/messaging';
import { failpoint } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
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
      for (const sent of bySending(batches)) await this.store(manager, source, sent);
      // Last: it writes the row of the phase, for which others wait who hold the lock of merges.
      for (const end of ends)
        if (await this.batches.isExpected(manager, end)) await this.batches.recordEnd(manager, end);
      failpoint('integration.batch.stored');
    });
    failpoint('integration.batch.committed');
    return messages.map(() => ack());
  }

  /** Batches of one run, sent under one fence. */
  private async store<Item extends SourceItem>(
    manager: EntityManager,
    source: Source<Item>,
    batches: readonly CheckedBatch<Item>[],
  ): Promise<void> {
    const sent = batches[0]!.data;
    if (!(await this.batches.isExpected(manager, sent))) return;
    await source.refresh(
      manager,
      batches.flatMap((batch) => batch.good),
    );
    await this.issues.add(
      manager,
      sent.runId,
      batches.flatMap((batch) => batch.issues),
    );
    await this.batches.record(
      manager,
      sent,
      batches.map(({ data, issues }) => ({
        sequence: data.sequence,
        keys: data.items.map((item) => String((item as SourceItem).key)),
        rejected: issues.length,
      })),
    );
  }
}

/** Only one run is active, but messages of a former one, or sent again under a new fence, may be among them. */
function bySending<Item>(batches: readonly CheckedBatch<Item>[]): CheckedBatch<Item>[][] {
  const groups = new Map<string, CheckedBatch<Item>[]>();
  for (const batch of batches) {
    const key = `${batch.data.runId}/${batch.data.fence}`;
    groups.set(key, [...(groups.get(key) ?? []), batch]);
  }
  return [...groups.values()];
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
