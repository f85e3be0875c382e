import { hash } from 'node:crypto';
import type { GmcDoctorItemV1, GmcDoctorV1, SourcePhase, TraineeItemV1, TraineeV1 } from '@lockstep/contracts';
import { masterDoctorSchema } from '@lockstep/projection';
import { bucketOf, type IndexRow, toIndexSource } from '@lockstep/search';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { toMasterDoctor } from './to-master-doctor.js';

/** How much of what was sent is derived again. `concerned`: all of it, as a live change must find its rows again after a crash. */
export type DeriveScope = 'concerned' | 'changed';

/**
 * The parts of the doctors and the master rows derived from them. Every method works in the caller's transaction.
 *
 * Rows are derived under {@link lockMerges}: two transactions that each add a claimant to one number would otherwise not
 * see each other's and both take theirs. People move between numbers, so their parts are stored under it too: whoever waits
 * for another's row would not know the number that the person has just left. A GMC doctor's number is its key; its part is
 * stored first, beside the merging of others.
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
   * Stores trainees; a record older than the stored one is ignored, an equal one applied again. Answers the GMC numbers to
   * derive, those that people moved away from included. Needs the lock.
   *
   * `changed` leaves out the numbers of records that were stored already and have a GMC doctor: only for a rebuild, whose
   * next phase sends that doctor and derives the number.
   */
  async applyTrainees(manager: EntityManager, items: readonly TraineeItemV1[], scope: DeriveScope): Promise<string[]> {
    const newest = newestOfEach(items);
    const parameters = [
      ...toColumns(newest, ({ trainee }) => trainee),
      newest.map(({ excluded }) => excluded),
      newest.map(({ enteredGmcNumber }) => enteredGmcNumber),
      newest.map(({ trainee }) => trainee?.gmcReferenceNumber ?? null),
      scope === 'concerned',
    ];
    const rows: { gmc_number: string }[] = await manager.query(APPLY_TRAINEES, parameters);
    return rows.map((row) => row.gmc_number);
  }

  /** As {@link applyTrainees} for GMC doctors; their key is the number, and all are to derive. */
  async applyGmcDoctors(manager: EntityManager, items: readonly GmcDoctorItemV1[]): Promise<string[]> {
    const newest = newestOfEach(items);
    await manager.query(
      APPLY_GMC_DOCTORS,
      toColumns(newest, ({ doctor }) => doctor),
    );
    return newest.map((item) => item.key);
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

  private async derive(
    manager: EntityManager,
    gmcNumbers: readonly string[],
    { readSource }: { readSource: boolean },
  ): Promise<DerivedRow[]> {
    if (gmcNumbers.length === 0) return [];
    const parts: PartsRow[] = await manager.query(READ_PARTS, [[...new Set(gmcNumbers)].sort(), readSource]);
    const derived = parts.map(deriveRow).filter((row) => row !== null);
    const changed = derived.filter((row) => row.isChanged);
    if (changed.length > 0) await manager.query(WRITE_MASTERS, [`[${changed.map(toRecord).join(',')}]`]);
    return derived;
  }
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

/**
 * What is stored already is only read: `ON CONFLICT` would lock, and so write, each row that it then leaves as it is. Its own
 * condition is for what somebody else stores in the same moment.
 */
const APPLY_TRAINEES = `
  WITH incoming AS (
    SELECT item.*, held.gmc_number AS held_number,
           held.version IS NULL OR held.version < item.version
             OR (held.version = item.version AND (held.deleted, held.exclusion, held.payload::text)
                   IS DISTINCT FROM (item.deleted, item.exclusion, nullif(item.payload, 'null'))) AS is_changed
    FROM unnest($1::bigint[], $2::bigint[], $3::boolean[], string_to_array($4, E'\\n'), $5::text[], $6::text[], $7::text[])
      AS item (person_id, version, deleted, payload, exclusion, entered_gmc_number, gmc_number)
    LEFT JOIN tis_part held USING (person_id)
  ), stored AS (
    INSERT INTO tis_part AS held (person_id, gmc_number, version, deleted, exclusion, entered_gmc_number, payload)
    SELECT person_id, gmc_number, version, deleted, exclusion, entered_gmc_number, nullif(payload, 'null')::json
    FROM incoming WHERE is_changed
    ON CONFLICT (person_id) DO UPDATE SET
      gmc_number = excluded.gmc_number, version = excluded.version, deleted = excluded.deleted,
      exclusion = excluded.exclusion, entered_gmc_number = excluded.entered_gmc_number, payload = excluded.payload,
      updated_at = clock_timestamp()
    WHERE held.version <= excluded.version
  )
  SELECT DISTINCT number AS gmc_number FROM incoming, unnest(ARRAY[gmc_number, held_number]) AS number
  WHERE number IS NOT NULL
    AND ($8::boolean OR is_changed
      OR (SELECT true FROM gmc_part gmc WHERE gmc.gmc_number = number AND NOT gmc.deleted) IS NULL)`;

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
  WHERE held.version <= excluded.version`;

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
