import { hash } from 'node:crypto';
import type { GmcDoctorItemV1, GmcDoctorV1, SourcePhase, TraineeItemV1, TraineeV1 } from '@lockstep/contracts';
import { masterDoctorSchema } from '@lockstep/projection';
import { bucketOf, type IndexRow, toIndexSource } from '@lockstep/search';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { toMasterDoctor } from './to-master-doctor.js';

/**
 * The parts of the doctors and the master rows derived from them.
 *
 * Every method works in the caller's transaction, which takes {@link lockMerges} first: two transactions that each add a
 * claimant to one number would otherwise not see each other's and both take theirs.
 */
@Injectable()
export class MergeStore {
  /** Until the transaction ends, this is the only one that merges. Plans use indexes: the tables grow faster than their statistics. */
  async lockMerges(manager: EntityManager): Promise<void> {
    await manager.query(
      `SELECT pg_advisory_xact_lock(hashtextextended('lockstep.integration.merge', 0)),
              set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
              set_config('enable_mergejoin', 'off', true),
              set_config('jit', 'off', true)`,
    );
  }

  /**
   * Stores trainees; a record older than the stored one is ignored, an equal one applied again. Answers every GMC number
   * that is concerned, those that people moved away from included.
   */
  async applyTrainees(manager: EntityManager, items: readonly TraineeItemV1[]): Promise<string[]> {
    if (items.length === 0) return [];
    const rows: { gmc_number: string }[] = await manager.query(APPLY_TRAINEES, [JSON.stringify(newestOfEach(items))]);
    return rows.map((row) => row.gmc_number);
  }

  /**
   * Derives the master rows of these numbers again from their parts and writes those that differ.
   * Answers every row with its version, changed or not: a live writer that died before indexing finds it again.
   */
  async deriveMasters(manager: EntityManager, gmcNumbers: readonly string[]): Promise<IndexRow[]> {
    if (gmcNumbers.length === 0) return [];
    const parts: PartsRow[] = await manager.query(READ_PARTS, [[...new Set(gmcNumbers)].sort()]);
    const derived = parts.map(deriveRow).filter((row) => row !== null);
    const changed = derived.filter((row) => row.isChanged);
    if (changed.length > 0) await manager.query(WRITE_MASTERS, [`[${changed.map(toRecord).join(',')}]`]);
    return derived.map(({ id, version, source }) => ({ id, version, source }));
  }

  /** As {@link applyTrainees} for GMC doctors; their key is the number. */
  async applyGmcDoctors(manager: EntityManager, items: readonly GmcDoctorItemV1[]): Promise<string[]> {
    if (items.length === 0) return [];
    const newest = newestOfEach(items);
    await manager.query(APPLY_GMC_DOCTORS, [JSON.stringify(newest)]);
    return newest.map((item) => item.key);
  }

  /**
   * Empties the parts that a complete sending did not contain and that nothing changed since it began; answers their keys
   * and the GMC numbers to derive again. At most `limit` of them: call again until none comes back.
   */
  async emptyUnseen(
    manager: EntityManager,
    phase: SourcePhase,
    { runId, since, limit }: { runId: string; since: Date; limit: number },
  ): Promise<EmptiedPart[]> {
    const [rows]: [EmptiedPart[], number] = await manager.query(EMPTY_UNSEEN[phase], [runId, since, limit]);
    return rows;
  }
}

/** A part that its source no longer has. */
export interface EmptiedPart {
  key: string;
  gmcNumber: string | null;
}

/** A message may carry a record twice; the statement that stores them must not. */
function newestOfEach<Item extends { key: string; version: number }>(items: readonly Item[]): Item[] {
  const newest = new Map<string, Item>();
  for (const item of items) {
    const known = newest.get(item.key);
    if (!known || known.version <= item.version) newest.set(item.key, item);
  }
  return [...newest.values()];
}

interface PartsRow {
  gmc_number: string;
  version: number | null;
  content_hash: string | null;
  source: string | null;
  gmc: GmcDoctorV1 | null;
  claimants: TraineeV1[] | null;
}

interface DerivedRow extends IndexRow {
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
      source: parts.source as string,
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

const APPLY_TRAINEES = `
  WITH incoming AS (
    SELECT key::bigint AS person_id, trainee ->> 'gmcReferenceNumber' AS gmc_number, version, deleted, excluded AS exclusion,
           "enteredGmcNumber" AS entered_gmc_number, trainee AS payload
    FROM json_to_recordset($1::json)
      AS item (key text, version bigint, deleted boolean, excluded text, "enteredGmcNumber" text, trainee json)
  ), held_before AS (
    SELECT held.gmc_number FROM incoming JOIN tis_part held USING (person_id) WHERE held.gmc_number IS NOT NULL
  ), stored AS (
    INSERT INTO tis_part AS held (person_id, gmc_number, version, deleted, exclusion, entered_gmc_number, payload)
    SELECT person_id, gmc_number, version, deleted, exclusion, entered_gmc_number, payload FROM incoming
    ON CONFLICT (person_id) DO UPDATE SET
      gmc_number = excluded.gmc_number, version = excluded.version, deleted = excluded.deleted,
      exclusion = excluded.exclusion, entered_gmc_number = excluded.entered_gmc_number, payload = excluded.payload,
      updated_at = clock_timestamp()
    WHERE held.version < excluded.version
       OR (held.version = excluded.version AND (held.deleted, held.exclusion, held.payload::text)
             IS DISTINCT FROM (excluded.deleted, excluded.exclusion, excluded.payload::text))
    RETURNING 1
  )
  SELECT gmc_number FROM held_before
  UNION SELECT gmc_number FROM incoming WHERE gmc_number IS NOT NULL`;

const APPLY_GMC_DOCTORS = `
  INSERT INTO gmc_part AS held (gmc_number, version, deleted, payload)
  SELECT key, version, deleted, doctor
  FROM json_to_recordset($1::json) AS item (key text, version bigint, deleted boolean, doctor json)
  ON CONFLICT (gmc_number) DO UPDATE SET version = excluded.version, deleted = excluded.deleted,
    payload = excluded.payload, updated_at = clock_timestamp()
  WHERE held.version < excluded.version
     OR (held.version = excluded.version AND (held.deleted, held.payload::text)
           IS DISTINCT FROM (excluded.deleted, excluded.payload::text))`;

/**
 * The version stays: the same record, sent again, is applied again.
 *
 * Not `NOT EXISTS`: statistics made before this run know nothing of it, so a join would expect one row of `part_seen` and
 * compare every part with every key (a second rebuild of 30,000 took over a minute). A scalar sub-select looks each key up.
 */
const EMPTY_UNSEEN: Record<SourcePhase, string> = {
  trainees: `
    UPDATE tis_part held SET deleted = true, payload = NULL, exclusion = NULL, gmc_number = NULL, updated_at = clock_timestamp()
    FROM (SELECT person_id, gmc_number FROM tis_part part
          WHERE NOT deleted AND updated_at < $2 AND (
            SELECT true FROM part_seen seen WHERE seen.run_id = $1 AND seen.phase = 'trainees' AND seen.key = part.person_id::text) IS NULL
          LIMIT $3) unseen
    WHERE held.person_id = unseen.person_id
    RETURNING unseen.person_id::text AS key, unseen.gmc_number AS "gmcNumber"`,
  gmc: `
    UPDATE gmc_part held SET deleted = true, payload = NULL, updated_at = clock_timestamp()
    FROM (SELECT gmc_number FROM gmc_part part
          WHERE NOT deleted AND updated_at < $2 AND (
            SELECT true FROM part_seen seen WHERE seen.run_id = $1 AND seen.phase = 'gmc' AND seen.key = part.gmc_number) IS NULL
          LIMIT $3) unseen
    WHERE held.gmc_number = unseen.gmc_number
    RETURNING unseen.gmc_number AS key, unseen.gmc_number AS "gmcNumber"`,
};

const READ_PARTS = `
  SELECT number AS gmc_number, master.version, master.content_hash, master.source::text AS source, gmc.payload AS gmc, tis.claimants
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
