import { type MasterDoctorDocument, masterDoctorsUpdated } from '@lockstep/contracts';
import { inTransaction } from '@lockstep/database';
import { ack, dead, Outbox, type ReceivedMessage, type Verdict } from '@lockstep/messaging';
import { fromIndexSource, type IndexFamily, type IndexRow } from '@lockstep/search';
import { failpoint } from '@lockstep/service';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { MASTER_FAMILY } from '../merge/master-family.js';
import { MergeStore } from '../merge/merge.store.js';
import { faultsOf, type Source, type SourceItem } from '../merge/source.js';

/** Documents a message to the projections carries at most. */
const ITEMS_PER_MESSAGE = 200;
/** A bulk load sends 200 changes a message: a batch of such messages is stored in portions, so that memory stays flat. */
const ITEMS_PER_TRANSACTION = 1_000;
const FAULTS_NAMED = 5;

/**
 * Brings changes of the sources into the master as they happen, in this order: parts and derived rows are committed, the
 * index is written (both generations during a rebuild), the message to the projections is committed. So whoever reads that
 * message finds the document in the master's index. A crash in between means a second delivery, which derives nothing new
 * and does the rest again.
 */
@Injectable()
export class LiveMerge {
  private readonly logger = new Logger(LiveMerge.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly merge: MergeStore,
    private readonly outbox: Outbox,
    @Inject(MASTER_FAMILY) private readonly family: IndexFamily,
  ) {}

  /**
   * Takes the changes of several messages together. A bad item parks its message, whose good ones are stored all the same:
   * a replay stores them again.
   */
  async take<Item extends SourceItem>(
    source: Source<Item>,
    messages: readonly ReceivedMessage<{ items: Item[] }>[],
  ): Promise<Verdict[]> {
    const good: Item[] = [];
    const verdicts = messages.map(({ payload }) => {
      const faults = payload.items.flatMap((item) => {
        const found = faultsOf(source, item);
        if (found.length === 0) good.push(item);
        return found.map((fault) => `${item.key}: ${fault}`);
      });
      return faults.length === 0 ? ack() : dead(`ITEM_INVALID: ${faults.slice(0, FAULTS_NAMED).join('; ')}`);
    });
    for (let start = 0; start < good.length; start += ITEMS_PER_TRANSACTION) {
      await this.store(source, good.slice(start, start + ITEMS_PER_TRANSACTION));
    }
    return verdicts;
  }

  private async store<Item extends SourceItem>(source: Source<Item>, items: readonly Item[]): Promise<void> {
    const rows = await inTransaction(this.dataSource, async (manager) => {
      return this.merge.deriveMasters(manager, await source.store(manager, items));
    });
    if (rows.length === 0) return;
    failpoint('integration.live.stored');
    const { rejected } = await this.family.writeLive(rows);
    for (const { id, index, reason } of rejected) this.logger.error(`${index} refused the document ${id}: ${reason}`);
    failpoint('integration.live.indexed');
    await inTransaction(this.dataSource, async (manager) => {
      await this.outbox.addAll(manager, masterDoctorsUpdated, toMessages(rows));
      await source.announced?.(manager, items);
    });
    failpoint('integration.live.announced');
  }
}

function toMessages(rows: readonly IndexRow[]) {
  const items = rows.map(({ id, version, source }) => {
    const document = fromIndexSource(source).document as unknown as MasterDoctorDocument | null;
    return { gmcNumber: id, version, deleted: document === null, document };
  });
  const count = Math.ceil(items.length / ITEMS_PER_MESSAGE);
  return Array.from({ length: count }, (_, index) => ({
    payload: { items: items.slice(index * ITEMS_PER_MESSAGE, (index + 1) * ITEMS_PER_MESSAGE) },
  }));
}
