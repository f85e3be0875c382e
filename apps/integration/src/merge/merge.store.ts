import { hash } from 'node:crypto';
import type { GmcDoctorItemV1, GmcDoctorV1, SourcePhase, TraineeItemV1, TraineeV1 } from '@lockstep/contracts';
import { masterDoctorSchema } from '@lockstep/projection';
import { bucketOf, type IndexRow, toIndexSource } from '@lockstep/search';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { toMasterDoctor } from './to-master-doctor.js';

/**
 * The parts of the doctors and the master rows derived from them. Every method works in the caller's transaction.
 *
 * Rows are derived under {@link lockMerges}: two transactions that each add a claimant to one number would otherwise not
 * see each other's and both take theirs. People move between numbers, so their parts are stored under it too: whoever waits
 * for another's row would not know the number that the person has just left. A GMC doctor's number is its key; its part is
 * stored first, beside the merging of others. A record that is stored already adds nothing to anybody's number: a rebuild
 * compares such records without the lock, and most of a rebuild is such records.
 */
@Injectable()
export class MergeStore {
  /** For the rest of the transaction. Plans use indexes: the tables grow faster than their statistics. */
  async usePlansByKey(manager: EntityManager): Promise<void> {
    await manager.query(
      `SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
              set_config('enable_mergejoin', 'off', true), set_config('enable_nestloop', 'on', true),
              set_config('jit', 'off', true)`,
    );
  }

  /** Until the transaction ends, this is the only one that derives. */
  async lockMerges(manager: EntityManager): Promise<void> {
    await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended('lockstep.integration.merge', 0))`);
  }

  /**
   * Stores trainees; a record older than the stored one is ignored. Answers the GMC numbers that they concern, changed or
   * not, those included that these people moved away from and that {@link announced} has not been told of: a live writer
   * that died before indexing finds all of them again. Takes the lock.
   */
  async storeTrainees(manager: EntityManager, items: readonly TraineeItemV1[]): Promise<string[]> {
    await this.usePlansByKey(manager);
    await this.lockMerges(manager);
    return this.applyTrainees(manager, newestOfEach(items));
  }

  /** As {@link storeTrainees} for GMC doctors; their key is the number. */
  async storeGmcDoctors(manager: EntityManager, items: readonly GmcDoctorItemV1[]): Promise<string[]> {
    await this.usePlansByKey(manager);
    const newest = newestOfEach(items);
    await this.applyGmcDoctors(manager, newest);
    await this.lockMerges(manager);
    return newest.map((item) => item.key);
  }

  /** Whoever reads the index and listens to messages has learnt of the numbers that these people left. */
  async announced(manager: EntityManager, items: readonly TraineeItemV1[]): Promise<void> {
    await manager.query(FORGET_LEFT_NUMBERS, [items.map(({ key }) => key), items.map(({ version }) => version)]);
  }

  /**
   * Stores the trainees of a rebuild and derives their masters. Numbers of records that were stored already and have a GMC
   * doctor are left out: the same rebuild sends that doctor and derives the number. Takes the lock where something changed.
   */
  async refreshTrainees(manager: EntityManager, items: readonly TraineeItemV1[]): Promise<void> {
    await this.usePlansByKey(manager);
    const newest = newestOfEach(items);
    const compared: ComparedTrainee[] = await manager.query(COMPARE_TRAINEES, toTraineeColumns(newest));
    const changed = compared.filter((row) => row.isChanged).map((row) => newest[row.position - 1]!);
    const settled = compared.filter((row) => !row.isChanged).map((row) => row.gmcNumber!);
    await this.refreshAll(manager, {
      settled,
      store: changed.length > 0 ? () => this.applyTrainees(manager, changed) : null,
    });
  }

  /** Stores the GMC doctors of a rebuild and derives the masters of all of them. Takes the lock where something changed. */
  async refreshGmcDoctors(manager: EntityManager, items: readonly GmcDoctorItemV1[]): Promise<void> {
    await this.usePlansByKey(manager);
    const newest = newestOfEach(items);
    const changed = new Set(await this.applyGmcDoctors(manager, newest));
    const settled = newest.map((item) => item.key).filter((number) => !changed.has(number));
    await this.refreshAll(manager, { settled, store: changed.size > 0 ? async () => [...changed] : null });
  }

  /**
   * Derives the master rows of these numbers again from their parts and writes those that differ. Needs the lock.
   * Answers every row with its version, changed or not: a live writer that died before indexing finds it again.
   */
  async deriveMasters(manager: EntityManager, gmcNumbers: readonly string[]): Promise<IndexRow[]> {
    const derived = await this.derive(manager, gmcNumbers, { readSource: true });
    return derived.map(({ id, version, source }) => ({ id, version, source: source as string }));
  }

  /** As {@link deriveMasters} for a caller who needs no rows: those that do not differ are not read whole. */
  async refreshMasters(manager: EntityManager, gmcNumbers: readonly string[]): Promise<void> {
    await this.derive(manager, gmcNumbers, { readSource: false });
  }

  /**
   * Empties the parts that a complete sending did not contain and that nothing changed since it began; answers their keys
   * and the GMC numbers to derive again. At most `limit` of them: call again until none comes back. Needs the lock; a part
   * that somebody is storing at this moment is no such part.
   */
  async emptyUnseen(
    manager: EntityManager,
    phase: SourcePhase,
    { runId, since, limit }: { runId: string; since: Date; limit: number },
  ): Promise<EmptiedPart[]> {
    await manager.query(`SELECT set_config('enable_nestloop', 'off', true), set_config('enable_hashjoin', 'on', true)`);
    const [rows]: [EmptiedPart[], number] = await manager.query(EMPTY_UNSEEN[phase], [runId, since, limit]);
    return rows;
  }

  /**
   * Derives numbers whose parts this transaction leaves as they are beside the merging of others, and again under the lock
   * where something is to be written; `store` changes parts under the lock and answers their numbers.
   */
  private async refreshAll(
    manager: EntityManager,
    { settled, store }: { settled: readonly string[]; store: (() => Promise<string[]>) | null },
  ): Promise<void> {
    const derived = await this.read(manager, settled, { readSource: false });
    const stale = derived.filter((row) => row.isChanged).map((row) => row.id);
    if (stale.length === 0 && store === null) return;
    await this.lockMerges(manager);
    const touched = store ? await store() : [];
    await this.refreshMasters(manager, [...stale, ...touched]);
  }

  private async applyTrainees(manager: EntityManager, newest: readonly TraineeItemV1[]): Promise<string[]> {
    const rows: { gmc_number: string }[] = await manager.query(APPLY_TRAINEES, toTraineeColumns(newest));
    return rows.map((row) => row.gmc_number);
  }

  /** Answers the numbers whose part was written. */
  private async applyGmcDoctors(manager: EntityManager, newest: readonly GmcDoctorItemV1[]): Promise<string[]> {
    const columns = toColumns(newest, ({ doctor }) => doctor);
    const rows: { gmc_number: string }[] = await manager.query(APPLY_GMC_DOCTORS, columns);
    return rows.map((row) => row.gmc_number);
  }

  private async derive(
    manager: EntityManager,
    gmcNumbers: readonly string[],
    { readSource }: { readSource: boolean },
  ): Promise<DerivedRow[]> {
    const derived = await this.read(manager, gmcNumbers, { readSource });
    const changed = derived.filter((row) => row.isChanged);
    if (changed.length > 0) await manager.query(WRITE_MASTERS, [`[${changed.map(toRecord).join(',')}]`]);
    return derived;
  }

  private async read(
    manager: EntityManager,
    gmcNumbers: readonly string[],
    { readSource }: { readSource: boolean },
  ): Promise<DerivedRow[]> {
    if (gmcNumbers.length === 0) return [];
    const parts: PartsRow[] = await manager.query(READ_PARTS, [[...new Set(gmcNumbers)].sort(), readSource]);
    return parts.map(deriveRow).filter((row) => row !== null);
  }
}

/** A trainee that is not stored as it came, or whose number nobody else derives. */
interface ComparedTrainee {
  /** From 1. */
  position: number;
  isChanged: boolean;
  /** Not null where nothing changed. */
  gmcNumber: string | null;
}

/** A part that its source no longer has. */
export interface EmptiedPart {
  key: string;
  gmcNumber: string | null;
}

/** A message may carry a record twice; the statement that stores them must not. By key, so that two of them cannot deadlock. */
function newestOfEach<Item extends { key: string; version: number }>(items: readonly Item[]): Item[] {
  const newest = new Map<string, Item>();
  for (const item of items) {
    const known = newest.get(item.key);
    if (!known || known.version <= item.version) newest.set(item.key, item);
  }
  return [...newest.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/**
 * Keys, versions, deletions, and the payloads as one text with a line each: JSON holds no line end, and a text is sent,
 * split and compared as it is, where an array or a document would be escaped and parsed. A line `null` is no payload.
 */
function toColumns<Item extends { key: string; version: number; deleted: boolean }>(
  items: readonly Item[],
  payloadOf: (item: Item) => object | null,
): [string[], number[], boolean[], string] {
  return [
    items.map(({ key }) => key),
    items.map(({ version }) => version),
    items.map(({ deleted }) => deleted),
    items.map((item) => JSON.stringify(payloadOf(item) ?? null)).join('\n'),
  ];
}

function toTraineeColumns(items: readonly TraineeItemV1[]): unknown[] {
  return [
    ...toColumns(items, ({ trainee }) => trainee),
    items.map(({ excluded }) => excluded),
    items.map(({ enteredGmcNumber }) => enteredGmcNumber),
    items.map(({ trainee }) => trainee?.gmcReferenceNumber ?? null),
  ];
}

interface PartsRow {
  gmc_number: string;
  version: number | null;
  content_hash: string | null;
  /** Null also where it was not asked for. */
  source: string | null;
  gmc: GmcDoctorV1 | null;
  claimants: TraineeV1[] | null;
}

interface DerivedRow extends Omit<IndexRow, 'source'> {
  source: string | null;
  isChanged: boolean;
  deleted: boolean;
  contentHash: string;
  sharedBy: number[];
}

/** Null for a number that never had anything to show: it needs no row. */
function deriveRow(parts: PartsRow): DerivedRow | null {
  const id = parts.gmc_number;
  const { document, sharedBy } = toMasterDoctor({ gmcNumber: id, claimants: parts.claimants ?? [], gmc: parts.gmc });
  if (document === null && parts.version === null && sharedBy.length === 0) return null;
  const contentHash = hash('sha1', JSON.stringify([masterDoctorSchema.hash, document, sharedBy]), 'base64url');
  const deleted = document === null;
  if (parts.version !== null && contentHash === parts.content_hash) {
    return {
      id,
      version: parts.version,
      source: parts.source,
      isChanged: false,
      deleted,
      contentHash,
      sharedBy,
    };
  }
  const version = (parts.version ?? 0) + 1;
  const source = toIndexSource(masterDoctorSchema, {
    id,
    version,
    document: document as Record<string, unknown> | null,
  });
  return { id, version, source, isChanged: true, deleted, contentHash, sharedBy };
}

/** The source is already JSON text and goes into the parameter as it is: no second serialisation, no escaping. */
function toRecord(row: DerivedRow): string {
  const columns = JSON.stringify({
    gmc_number: row.id,
    version: row.version,
    deleted: row.deleted,
    bucket: bucketOf(row.id),
    content_hash: row.contentHash,
    shared_by: `{${row.sharedBy.join(',')}}`,
  });
  return `${columns.slice(0, -1)},"source":${row.source}}`;
}

const INCOMING_TRAINEES = `
    SELECT item.*, held.gmc_number AS held_number, held.left_numbers,
           held.version IS NULL OR held.version < item.version
             OR (held.version = item.version AND (held.deleted, held.exclusion, held.payload::text)
                   IS DISTINCT FROM (item.deleted, item.exclusion, nullif(item.payload, 'null'))) AS is_changed
    FROM unnest($1::bigint[], $2::bigint[], $3::boolean[], string_to_array($4, E'\\n'), $5::text[], $6::text[], $7::text[])
      WITH ORDINALITY AS item (person_id, version, deleted, payload, exclusion, entered_gmc_number, gmc_number, position)
    LEFT JOIN tis_part held USING (person_id)`;

const COMPARE_TRAINEES = `
  SELECT position::int AS position, is_changed AS "isChanged", gmc_number AS "gmcNumber"
  FROM (${INCOMING_TRAINEES}) AS incoming
  WHERE is_changed OR (gmc_number IS NOT NULL
    AND (SELECT true FROM gmc_part gmc WHERE gmc.gmc_number = incoming.gmc_number AND NOT gmc.deleted) IS NULL)`;

/**
 * What is stored already is only read: `ON CONFLICT` would lock, and so write, each row that it then leaves as it is. Its own
 * condition is for what somebody else stores in the same moment.
 */
const APPLY_TRAINEES = `
  WITH incoming AS (${INCOMING_TRAINEES}), stored AS (
    INSERT INTO tis_part AS held (person_id, gmc_number, version, deleted, exclusion, entered_gmc_number, payload)
    SELECT person_id, gmc_number, version, deleted, exclusion, entered_gmc_number, nullif(payload, 'null')::json
    FROM incoming WHERE is_changed
    ON CONFLICT (person_id) DO UPDATE SET
      gmc_number = excluded.gmc_number, version = excluded.version, deleted = excluded.deleted,
      exclusion = excluded.exclusion, entered_gmc_number = excluded.entered_gmc_number, payload = excluded.payload,
      left_numbers = CASE WHEN held.gmc_number <> coalesce(excluded.gmc_number, '')
                          THEN held.left_numbers || held.gmc_number ELSE held.left_numbers END,
      updated_at = clock_timestamp()
    WHERE held.version <= excluded.version
  )
  SELECT DISTINCT number AS gmc_number FROM incoming, unnest(ARRAY[gmc_number, held_number] || left_numbers) AS number
  WHERE number IS NOT NULL`;

const FORGET_LEFT_NUMBERS = `
  UPDATE tis_part held SET left_numbers = '{}'
  FROM unnest($1::bigint[], $2::bigint[]) AS item (person_id, version)
  WHERE held.person_id = item.person_id AND held.version = item.version AND held.left_numbers <> '{}'`;

const APPLY_GMC_DOCTORS = `
  INSERT INTO gmc_part AS held (gmc_number, version, deleted, payload)
  SELECT item.gmc_number, item.version, item.deleted, nullif(item.payload, 'null')::json
  FROM unnest($1::text[], $2::bigint[], $3::boolean[], string_to_array($4, E'\\n')) AS item (gmc_number, version, deleted, payload)
  LEFT JOIN gmc_part before ON before.gmc_number = item.gmc_number
  WHERE before.version IS NULL OR before.version < item.version
     OR (before.version = item.version AND (before.deleted, before.payload::text)
           IS DISTINCT FROM (item.deleted, nullif(item.payload, 'null')))
  ON CONFLICT (gmc_number) DO UPDATE SET version = excluded.version, deleted = excluded.deleted,
    payload = excluded.payload, updated_at = clock_timestamp()
  WHERE held.version <= excluded.version
  RETURNING gmc_number`;

/**
 * The version stays: the same record, sent again, is applied again. The anti-join must be a hash join, which goes to disk
 * where memory does not suffice: statistics made before this run know nothing of its keys, and a loop over them compared
 * every part with every key (a second rebuild of 30,000 took over a minute).
 */
const EMPTY_UNSEEN: Record<SourcePhase, string> = {
  trainees: `
    UPDATE tis_part held SET deleted = true, payload = NULL, exclusion = NULL, gmc_number = NULL, updated_at = clock_timestamp()
    FROM (SELECT person_id, gmc_number FROM tis_part part
          WHERE NOT deleted AND updated_at < $2 AND NOT EXISTS (
            SELECT FROM part_seen, unnest(keys) AS key WHERE run_id = $1 AND phase = 'trainees' AND key = part.person_id::text)
          LIMIT $3 FOR UPDATE OF part SKIP LOCKED) unseen
    WHERE held.person_id = unseen.person_id
    RETURNING unseen.person_id::text AS key, unseen.gmc_number AS "gmcNumber"`,
  gmc: `
    UPDATE gmc_part held SET deleted = true, payload = NULL, updated_at = clock_timestamp()
    FROM (SELECT gmc_number FROM gmc_part part
          WHERE NOT deleted AND updated_at < $2 AND NOT EXISTS (
            SELECT FROM part_seen, unnest(keys) AS key WHERE run_id = $1 AND phase = 'gmc' AND key = part.gmc_number)
          LIMIT $3 FOR UPDATE OF part SKIP LOCKED) unseen
    WHERE held.gmc_number = unseen.gmc_number
    RETURNING unseen.gmc_number AS key, unseen.gmc_number AS "gmcNumber"`,
};

const READ_PARTS = `
  SELECT number AS gmc_number, master.version, master.content_hash,
         CASE WHEN $2 THEN master.source::text END AS source, gmc.payload AS gmc, tis.claimants
  FROM unnest($1::text[]) AS number
  LEFT JOIN master_doctor master ON master.gmc_number = number
  LEFT JOIN gmc_part gmc ON gmc.gmc_number = number AND NOT gmc.deleted
  LEFT JOIN LATERAL (
    SELECT json_agg(part.payload) AS claimants FROM tis_part part
    WHERE part.gmc_number = number AND NOT part.deleted AND part.exclusion IS NULL
  ) tis ON true`;

const WRITE_MASTERS = `
  INSERT INTO master_doctor AS held (gmc_number, version, deleted, bucket, content_hash, shared_by, source)
  SELECT gmc_number, version, deleted, bucket, content_hash, shared_by, source
  FROM json_to_recordset($1::json) AS row (gmc_number text, version bigint, deleted boolean, bucket smallint,
       content_hash text, shared_by bigint[], source json)
  ON CONFLICT (gmc_number) DO UPDATE SET version = excluded.version, deleted = excluded.deleted, bucket = excluded.bucket,
    content_hash = excluded.content_hash, shared_by = excluded.shared_by, source = excluded.source, updated_at = clock_timestamp()`;
