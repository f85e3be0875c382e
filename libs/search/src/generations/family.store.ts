import { type EntityManager, QueryFailedError } from 'typeorm';
import { SearchUnavailableError } from '../engine/search-errors.js';
import type { FieldDefinitions, IndexSchema } from '../schema/index-schema.js';
import { GenerationNotFoundError } from './generation-errors.js';
import { type GenerationEvent, type GenerationState, nextState } from './generation-state.js';
import type { VerificationReport } from './verify-generation.js';

/** One build of an index. */
export interface Generation {
  readonly family: string;
  readonly number: number;
  /** `<family>-<number, six digits>`, without the engine's prefix. */
  readonly indexName: string;
  readonly state: GenerationState;
  /** Null for a first, empty generation. */
  readonly runId: string | null;
  readonly fence: number;
  readonly schemaHash: string;
  /** It began empty because the engine had lost the one that was read. */
  readonly afterLoss: boolean;
  /** The engine's hash of its structure when it was made; null until then. */
  readonly structure: string | null;
  readonly verification: VerificationReport | null;
  /** Who let it pass although its counts looked wrong. */
  readonly approvedBy: string | null;
  readonly createdAt: Date;
  readonly sealedAt: Date | null;
  readonly activatedAt: Date | null;
}

/** A generation that a run made. */
export type RunGeneration = Generation & { readonly runId: string };

/** What there is of a family. */
export interface FamilyStatus {
  readonly name: string;
  readonly active: Generation | null;
  /** Kept up to date by live writes, for `rollback` or, after one, `rollforward`. */
  readonly previous: Generation | null;
  readonly building: Generation | null;
  readonly fence: number;
  /** Index names that live writes go to. */
  readonly writeTargets: readonly string[];
  /** Why readers should be given another generation soon; null when all is well. */
  readonly rebuildReason: RebuildReason | null;
}

/**
 * `otherSchema`: the active generation was made from other fields than this program's, and keeps what fits of a change.
 * `afterLoss`: the engine had lost the active index, and what readers see began empty.
 */
export type RebuildReason = 'otherSchema' | 'afterLoss';

/** The family's row: generations by number. */
export interface FamilyRow {
  readonly installation: string;
  readonly active: number | null;
  readonly previous: number | null;
  readonly building: number | null;
  readonly fence: number;
  readonly writeTargets: readonly number[];
  readonly lastGeneration: number;
}

/** How long a flip waits for the writes in hand; they are bounded by the engine's own timeouts. */
const LOCK_TIMEOUT = '30s';

const GENERATION = `family, number, state, run_id AS "runId", fence, schema_hash AS "schemaHash",
  after_loss AS "afterLoss", structure, verification,
  approved_by AS "approvedBy", created_at AS "createdAt", sealed_at AS "sealedAt", activated_at AS "activatedAt"`;

/** `masterdoctor` and 7 give `masterdoctor-000007`. */
export function indexNameOf(family: string, number: number): string {
  return `${family}-${String(number).padStart(6, '0')}`;
}

/** The rows of one family. Every method works in the caller's transaction. */
export class FamilyStore {
  constructor(private readonly name: string) {}

  /**
   * Holds the family until the transaction ends: `shared` by everybody who writes documents, `exclusive` by who changes what
   * is written to. So a change waits for the writes in hand, and no write starts before it is committed.
   * @throws SearchUnavailableError when it takes longer than 30 s
   */
  async lock(manager: EntityManager, mode: 'shared' | 'exclusive'): Promise<void> {
    const lock = mode === 'shared' ? 'pg_advisory_xact_lock_shared' : 'pg_advisory_xact_lock';
    await manager.query(`SELECT set_config('lock_timeout', '${LOCK_TIMEOUT}', true)`);
    try {
      await manager.query(`SELECT ${lock}(hashtextextended('lockstep.index.' || current_schema() || '.' || $1, 0))`, [
        this.name,
      ]);
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      throw new SearchUnavailableError(`${this.name} was held by others for ${LOCK_TIMEOUT}.`, { cause: error });
    }
  }

  async insertOnce(manager: EntityManager): Promise<void> {
    await manager.query('INSERT INTO index_family (name) VALUES ($1) ON CONFLICT DO NOTHING', [this.name]);
  }

  async load(manager: EntityManager): Promise<FamilyRow> {
    const [row]: FamilyRow[] = await manager.query(
      `SELECT installation, active, previous, building, fence, write_targets AS "writeTargets",
              last_generation AS "lastGeneration"
       FROM index_family WHERE name = $1`,
      [this.name],
    );
    if (!row) throw new Error(`The index family ${this.name} is not set up: call ensure() when the service starts.`);
    // A data source that does not parse bigint gives it as text.
    return { ...row, fence: Number(row.fence) };
  }

  async update(manager: EntityManager, changes: Partial<Omit<FamilyRow, 'installation'>>): Promise<void> {
    const columns = { ...changes } as Record<string, unknown>;
    const names = Object.keys(columns);
    await manager.query(
      `UPDATE index_family SET ${names.map((name, at) => `${COLUMNS[name as keyof typeof changes]} = $${at + 2}`).join(', ')}
       WHERE name = $1`,
      [this.name, ...Object.values(columns)],
    );
  }

  async insertGeneration(
    manager: EntityManager,
    generation: Pick<Generation, 'number' | 'runId' | 'fence' | 'afterLoss'>,
    { hash, fields }: IndexSchema,
  ): Promise<Generation> {
    const { number, runId, fence, afterLoss } = generation;
    await manager.query(
      `INSERT INTO index_generation (family, number, state, run_id, fence, after_loss, schema_hash, fields)
       VALUES ($1, $2, 'creating', $3, $4, $5, $6, $7)`,
      [this.name, number, runId, fence, afterLoss, hash, JSON.stringify(fields)],
    );
    return this.generation(manager, number);
  }

  /** @throws GenerationNotFoundError */
  async generation(manager: EntityManager, number: number): Promise<Generation> {
    const [row]: Generation[] = await manager.query(
      `SELECT ${GENERATION} FROM index_generation WHERE family = $1 AND number = $2`,
      [this.name, number],
    );
    if (!row) throw new GenerationNotFoundError(`There is no generation ${number} of ${this.name}.`);
    return this.toGeneration(row);
  }

  /** The fields of those generations that were made from another schema, by number. */
  async otherFields(
    manager: EntityManager,
    numbers: readonly number[],
    { hash }: IndexSchema,
  ): Promise<ReadonlyMap<number, FieldDefinitions>> {
    const rows: { number: number; fields: FieldDefinitions }[] = await manager.query(
      `SELECT number, fields FROM index_generation
       WHERE family = $1 AND number = ANY ($2) AND schema_hash <> $3 AND fields IS NOT NULL`,
      [this.name, numbers, hash],
    );
    return new Map(rows.map(({ number, fields }) => [number, fields]));
  }

  /** The run's generation that has not ended, or undefined. */
  async generationOfRun(manager: EntityManager, runId: string): Promise<RunGeneration | undefined> {
    const [row]: Generation[] = await manager.query(
      `SELECT ${GENERATION} FROM index_generation
       WHERE family = $1 AND run_id = $2 AND state NOT IN ('retired', 'abandoned')`,
      [this.name, runId],
    );
    return row && (this.toGeneration(row) as RunGeneration);
  }

  /** Moves a generation on and notes when. @throws IllegalTransitionError */
  async advance(manager: EntityManager, number: number, event: GenerationEvent): Promise<void> {
    const generation = await this.generation(manager, number);
    const state = nextState(generation.indexName, generation.state, event);
    await manager.query(
      `UPDATE index_generation SET state = $3,
         sealed_at    = CASE WHEN $3 = 'sealed' THEN coalesce(sealed_at, clock_timestamp()) ELSE sealed_at END,
         activated_at = CASE WHEN $3 = 'active' THEN clock_timestamp() ELSE activated_at END,
         ended_at     = CASE WHEN $3 IN ('retired', 'abandoned') THEN clock_timestamp() ELSE ended_at END
       WHERE family = $1 AND number = $2`,
      [this.name, number, state],
    );
  }

  async setStructure(manager: EntityManager, number: number, structure: string): Promise<void> {
    await this.set(manager, number, 'structure', structure);
  }

  async setVerification(manager: EntityManager, number: number, report: VerificationReport): Promise<void> {
    await this.set(manager, number, 'verification', JSON.stringify(report));
  }

  async setApproval(manager: EntityManager, number: number, by: string): Promise<void> {
    await this.set(manager, number, 'approved_by', by);
  }

  private async set(manager: EntityManager, number: number, column: string, value: string): Promise<void> {
    await manager.query(`UPDATE index_generation SET ${column} = $3 WHERE family = $1 AND number = $2`, [
      this.name,
      number,
      value,
    ]);
  }

  private toGeneration(row: Generation): Generation {
    return { ...row, indexName: indexNameOf(this.name, row.number), fence: Number(row.fence) };
  }
}

function isLockTimeout(error: unknown): boolean {
  return error instanceof QueryFailedError && (error.driverError as { code?: string }).code === '55P03';
}

const COLUMNS: Readonly<Record<keyof Omit<FamilyRow, 'installation'>, string>> = {
  active: 'active',
  previous: 'previous',
  building: 'building',
  fence: 'fence',
  writeTargets: 'write_targets',
  lastGeneration: 'last_generation',
};
