import type { SyncStartV1 } from '@lockstep/contracts';
import { inTransaction } from '@lockstep/database';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, IsNull } from 'typeorm';
import { Extraction, ExtractionBatch } from './extraction.entity.js';
import { batchesAGroup, decideSyncStart, type SyncStartAction } from './sync-start.js';
import type { PersonRow } from './trainee-item.js';

/** Notified when there is something to send. */
export const EXTRACTION_CHANNEL = 'tcs.extraction';

/** A numbered batch with its people, read in one statement with its group. */
export interface PeopleBatch {
  sequence: number;
  people: PersonRow[];
}

/**
 * The plan of each run and how far it was sent. A batch counts as sent only once the broker has confirmed it; whoever
 * dies between the two sends it again. Several replicas share a run: rows in hand are locked, others skip them.
 */
@Injectable()
export class ExtractionStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Does what the command asks for; when this has resolved, the command may be forgotten. */
  async accept(command: SyncStartV1): Promise<SyncStartAction> {
    return inTransaction(this.dataSource, async (manager) => {
      // One command at a time, or two replicas could each take its run for the newest.
      await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [EXTRACTION_CHANNEL]);
      const action = decideSyncStart(command, {
        highestFence: await manager.maximum(Extraction, 'fence'),
        isPlanned: await manager.existsBy(Extraction, { runId: command.runId }),
      });
      if (action === 'ignore') return action;
      if (action === 'plan') await plan(manager, command);
      else await reopen(manager, command);
      // Delivered at the commit.
      await manager.query('SELECT pg_notify($1, $2)', [EXTRACTION_CHANNEL, command.runId]);
      return action;
    });
  }

  /**
   * Claims the next unsent batches, hands each to `send` with its people, and marks them when all were sent. False when
   * there was nothing to claim. What `send` throws leaves them unsent.
   */
  async sendNext(send: (extraction: Extraction, batches: PeopleBatch[]) => Promise<void>): Promise<boolean> {
    return inTransaction(this.dataSource, async (manager) => {
      const [extraction] = await manager.find(Extraction, {
        where: { endedAt: IsNull() },
        order: { fence: 'DESC' },
        take: 1,
      });
      if (!extraction) return false;
      const sequences = await claim(manager, extraction);
      if (sequences.length === 0) return false;
      await send(extraction, await readPeople(manager, extraction.runId, sequences));
      await manager.query(
        'UPDATE extraction_batch SET published_at = now() WHERE run_id = $1 AND sequence = ANY ($2)',
        [extraction.runId, sequences],
      );
      return true;
    });
  }

  /** Lets `send` send the end marker once no batch is unsent, and closes the extraction. False when it is not time. */
  async sendEnd(send: (extraction: Extraction) => Promise<void>): Promise<boolean> {
    return inTransaction(this.dataSource, async (manager) => {
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
    });
  }
}

/** Cuts all people, tombstones included, into numbered batches, and closes what older runs have left. */
async function plan(manager: EntityManager, { runId, fence, phase, asOf, batchSize }: SyncStartV1): Promise<void> {
  await manager.query('UPDATE extraction SET ended_at = now() WHERE ended_at IS NULL');
  await manager.query('DELETE FROM extraction_batch');
  await manager.query(
    `WITH numbered AS (
       SELECT id, (row_number() OVER (ORDER BY id) - 1) / $5::int + 1 AS sequence FROM person
     ), planned AS (
       INSERT INTO extraction_batch (run_id, sequence, person_ids)
       SELECT $1, sequence, array_agg(id ORDER BY id) FROM numbered GROUP BY sequence
       RETURNING cardinality(person_ids) AS items
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

async function claim(manager: EntityManager, extraction: Extraction): Promise<number[]> {
  const rows: { sequence: number }[] = await manager.query(
    `SELECT sequence FROM extraction_batch
     WHERE run_id = $1 AND published_at IS NULL
     ORDER BY sequence LIMIT $2
     FOR UPDATE SKIP LOCKED`,
    [extraction.runId, batchesAGroup(extraction.batchSize)],
  );
  return rows.map(({ sequence }) => sequence);
}

async function readPeople(manager: EntityManager, runId: string, sequences: number[]): Promise<PeopleBatch[]> {
  // Freshly filled tables have old statistics, with which a scan of a whole table looks cheaper than its index.
  await manager.query('SET LOCAL enable_seqscan = off; SET LOCAL jit = off');
  const rows: { sequence: number; person: PersonRow }[] = await manager.query(PEOPLE_SQL, [runId, sequences]);
  const batches = new Map<number, PersonRow[]>(sequences.map((sequence) => [sequence, []]));
  for (const { sequence, person } of rows) batches.get(sequence)?.push(person);
  return [...batches].map(([sequence, people]) => ({ sequence, people }));
}

/** One statement for a group, each person as one JSON value: no joins multiply rows, and no person costs a round trip. */
const PEOPLE_SQL = `
  SELECT b.sequence, json_build_object(
    'id', p.id, 'version', p.version, 'deleted', p.deleted,
    'forenames', p.forenames, 'surname', p.surname, 'role', p.role,
    'gmcNumber', (SELECT g.gmc_number FROM gmc_details g WHERE g.person_id = p.id),
    'memberships', (
      SELECT coalesce(json_agg(json_build_object(
        'id', m.id, 'programmeNumber', r.number, 'programmeName', r.name, 'owner', r.owner, 'type', m.type,
        'startDate', m.start_date, 'endDate', m.end_date,
        'curriculumEndDate', (
          SELECT max(c.end_date) FROM curriculum_membership c WHERE c.programme_membership_id = m.id
        ))), '[]')
      FROM programme_membership m JOIN programme r ON r.id = m.programme_id
      WHERE m.person_id = p.id
    ),
    'placements', (
      SELECT coalesce(json_agg(json_build_object(
        'gradeId', l.grade_id, 'dateFrom', l.date_from, 'dateTo', l.date_to)), '[]')
      FROM placement l WHERE l.person_id = p.id
    )
  ) AS person
  FROM extraction_batch b
  CROSS JOIN LATERAL unnest(b.person_ids) AS planned (person_id)
  JOIN person p ON p.id = planned.person_id
  WHERE b.run_id = $1 AND b.sequence = ANY ($2)
  ORDER BY b.sequence, p.id`;
