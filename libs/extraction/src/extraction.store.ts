import type { SyncStartV1 } from '@lockstep/contracts';
import { inTransaction } from '@lockstep/database';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, IsNull } from 'typeorm';
import { Extraction, ExtractionBatch } from './extraction.entity.js';
import { EXTRACTION_SOURCE, type ExtractionSource, extractionChannel, type KeyedItem } from './extraction-source.js';
import { batchesAGroup, decideSyncStart, type SyncStartAction } from './sync-start.js';

/** A numbered batch with its items, read in one statement with its group. */
export interface ItemBatch {
  sequence: number;
  items: KeyedItem[];
}

/** What a failed turn sent without marking it, the next one sends again; the transaction must not do so by itself. */
const SENT_IS_SENT = { attempts: 1 };

/**
 * The plan of each run and how far it was sent. A batch counts as sent only once the broker has confirmed it; whoever
 * dies between the two sends it again. Several replicas share a run: rows in hand are locked, others skip them.
 */
@Injectable()
export class ExtractionStore {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(EXTRACTION_SOURCE) private readonly source: ExtractionSource,
  ) {}

  /** Does what the command asks for; when this has resolved, the command may be forgotten. */
  async accept(command: SyncStartV1): Promise<SyncStartAction> {
    const channel = extractionChannel(this.source);
    return inTransaction(this.dataSource, async (manager) => {
      // One command at a time, or two replicas could each take its run for the newest.
      await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [channel]);
      const action = decideSyncStart(command, {
        highestFence: await manager.maximum(Extraction, 'fence'),
        isPlanned: await manager.existsBy(Extraction, { runId: command.runId }),
      });
      if (action === 'ignore') return action;
      if (action === 'plan') await plan(manager, command, this.source.keysSql);
      else await reopen(manager, command);
      // Delivered at the commit.
      await manager.query('SELECT pg_notify($1, $2)', [channel, command.runId]);
      return action;
    });
  }

  /**
   * Claims the next unsent batches, hands each to `send` with its items, and marks them when all were sent. False when
   * there was nothing to claim. What `send` throws leaves them unsent.
   */
  async sendNext(send: (extraction: Extraction, batches: ItemBatch[]) => Promise<void>): Promise<boolean> {
    return inTransaction(
      this.dataSource,
      async (manager) => {
        const [extraction] = await manager.find(Extraction, {
          where: { endedAt: IsNull() },
          order: { fence: 'DESC' },
          take: 1,
        });
        if (!extraction) return false;
        const claimed = await claim(manager, extraction);
        if (claimed.length === 0) return false;
        await send(extraction, await this.read(manager, claimed, extraction.asOf));
        await manager.query(
          'UPDATE extraction_batch SET published_at = now() WHERE run_id = $1 AND sequence = ANY ($2)',
          [extraction.runId, claimed.map(({ sequence }) => sequence)],
        );
        return true;
      },
      SENT_IS_SENT,
    );
  }

  /** Lets `send` send the end marker once no batch is unsent, and closes the extraction. False when it is not time. */
  async sendEnd(send: (extraction: Extraction) => Promise<void>): Promise<boolean> {
    return inTransaction(
      this.dataSource,
      async (manager) => {
        const [extraction] = await manager.find(Extraction, {
          where: { endedAt: IsNull() },
          order: { fence: 'DESC' },
          take: 1,
          lock: { mode: 'pessimistic_write', onLocked: 'skip_locked' },
        });
        if (!extraction) return false;
        // Asked only under the lock: batches are asked for again under it too, and would else be closed unsent.
        const { runId } = extraction;
        if (await manager.existsBy(ExtractionBatch, { runId, publishedAt: IsNull() })) return false;
        await send(extraction);
        await manager.query('UPDATE extraction SET ended_at = now() WHERE run_id = $1', [runId]);
        return true;
      },
      SENT_IS_SENT,
    );
  }

  private async read(manager: EntityManager, claimed: readonly ClaimedBatch[], asOf: string): Promise<ItemBatch[]> {
    // Freshly filled tables have old statistics, with which a scan of a whole table looks cheaper than its index.
    await manager.query('SET LOCAL enable_seqscan = off; SET LOCAL jit = off');
    const keys = claimed.flatMap((batch) => batch.keys);
    const items = await this.source.readItems(manager, keys, asOf);
    const byKey = new Map(items.map((item) => [item.key, item]));
    return claimed.map(({ sequence, keys: own }) => ({
      sequence,
      items: own.map((key) => byKey.get(key)).filter((item) => item !== undefined),
    }));
  }
}

interface ClaimedBatch {
  sequence: number;
  keys: string[];
}

/** Cuts all records, tombstones included, into numbered batches, and closes what older runs have left. */
async function plan(manager: EntityManager, command: SyncStartV1, keysSql: string): Promise<void> {
  const { runId, fence, phase, asOf, batchSize } = command;
  await manager.query('UPDATE extraction SET ended_at = now() WHERE ended_at IS NULL');
  await manager.query('DELETE FROM extraction_batch');
  await manager.query(
    `WITH numbered AS (
       SELECT key, position, (row_number() OVER (ORDER BY position) - 1) / $5::int + 1 AS sequence
       FROM (${keysSql}) AS keys
     ), planned AS (
       INSERT INTO extraction_batch (run_id, sequence, keys)
       SELECT $1, sequence, array_agg(key ORDER BY position) FROM numbered GROUP BY sequence
       RETURNING cardinality(keys) AS items
     )
     INSERT INTO extraction (run_id, fence, phase, as_of, batch_size, batches, items)
     SELECT $1, $2, $3, $4, $5, count(*), coalesce(sum(items), 0) FROM planned`,
    [runId, fence, phase, asOf, batchSize],
  );
}

/** The end marker follows again, after the batches asked for. */
async function reopen(manager: EntityManager, { runId, sequences = [] }: SyncStartV1): Promise<void> {
  await manager.query('UPDATE extraction SET ended_at = NULL WHERE run_id = $1', [runId]);
  if (sequences.length === 0) return;
  await manager.query('UPDATE extraction_batch SET published_at = NULL WHERE run_id = $1 AND sequence = ANY ($2)', [
    runId,
    sequences,
  ]);
}

async function claim(manager: EntityManager, extraction: Extraction): Promise<ClaimedBatch[]> {
  return manager.query(
    `SELECT sequence, keys FROM extraction_batch
     WHERE run_id = $1 AND published_at IS NULL
     ORDER BY sequence LIMIT $2
     FOR UPDATE SKIP LOCKED`,
    [extraction.runId, batchesAGroup(extraction.batchSize)],
  );
}
