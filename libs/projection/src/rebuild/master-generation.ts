import {
  type Authority,
  type BucketSum,
  bucketOf,
  IndexNotFoundError,
  type RejectedRow,
  type SearchEngine,
  type StoredDocument,
  VERSION_MODULUS,
} from '@lockstep/search';
import { type ProjectedRow, type Projection, toProjectedRow, type VersionedDoctor } from '../projection.js';
import { RebuildFailedError } from './rebuild-errors.js';

/** What a rebuild does not show although the master does. Plain JSON. */
export interface LeftOut {
  /** Doctors that the projection gives no document, by bucket of their id. */
  readonly hidden: Readonly<Record<number, number>>;
  /** Doctors that could not be projected or stored. */
  readonly refused: readonly RejectedRow[];
}

/** More refused documents than this are no accident of the data. */
const MAX_REFUSED = 10_000;
/** Rows of a sample come from this many buckets of the 256. */
const SAMPLED_BUCKETS = 8;
const BUCKETS = 256;

/**
 * One generation of the master as the source of a rebuild: read for the fill, and asked again for the comparison. Whatever
 * is asked is asked after a refresh, because a change whose message has arrived here is in the master, yet not always
 * visible in it.
 */
export class MasterGeneration {
  private readonly hidden: Record<number, number> = {};
  private readonly failed: RejectedRow[] = [];

  constructor(
    private readonly engine: SearchEngine,
    private readonly projection: Projection,
    private readonly source: { readonly generation: string; readonly asOf: string },
  ) {}

  /** Documents of this generation, tombstones included. @throws RebuildFailedError when it is gone */
  async count(): Promise<number> {
    const sums = await this.bucketSums();
    return sums.reduce((total, { live, tombstones }) => total + live + tombstones, 0);
  }

  /** Everything it held when the reading began, tombstones too, as rows of the service's own index. */
  async *pages(signal: AbortSignal): AsyncGenerator<ProjectedRow[]> {
    for await (const doctors of this.engine.scan(this.source.generation, { pageSize: 2_000, tombstones: true })) {
      signal.throwIfAborted();
      const rows = this.toRows(doctors, this.failed);
      if (this.failed.length > MAX_REFUSED) throw new Error(`more than ${MAX_REFUSED} doctors could not be projected`);
      this.noteHidden(doctors, rows);
      yield rows;
    }
  }

  /** Doctors whose projection threw, in what was read so far. */
  get failedCount(): number {
    return this.failed.length;
  }

  /** What {@link pages} left out, with what the index refused of it. */
  leftOut(rejected: readonly RejectedRow[]): LeftOut {
    return { hidden: this.hidden, refused: [...this.failed, ...rejected].slice(0, MAX_REFUSED) };
  }

  /**
   * This generation as what the service's index `index` must equal. A doctor that was refused is left out until a live change
   * has brought it into the index after all.
   */
  authority(leftOut: LeftOut, index: string): Authority {
    const ids = leftOut.refused.map(({ id }) => id);
    const stillRefused = async () => {
      const stored = new Set((await this.engine.getMany(index, ids)).map(({ id }) => id));
      return new Set(ids.filter((id) => !stored.has(id)));
    };
    const toRows = async (doctors: readonly StoredDocument[]) => {
      const refused = await stillRefused();
      return this.toRows(doctors.filter(({ id }) => !refused.has(id)));
    };
    return {
      bucketSums: async () => {
        const sums = await this.bucketSums();
        return this.withoutLeftOut(sums, leftOut.hidden, await stillRefused());
      },
      rowsOfBucket: async (bucket) => toRows(await this.bucket(bucket)),
      sample: async (size) => toRows(await this.sample(size)),
    };
  }

  private async bucket(bucket: number): Promise<StoredDocument[]> {
    await this.engine.refresh(this.source.generation);
    const doctors: StoredDocument[] = [];
    const pages = this.engine.scan(this.source.generation, { bucket, tombstones: true });
    for await (const page of pages) doctors.push(...page);
    return doctors;
  }

  private async bucketSums(): Promise<BucketSum[]> {
    const { generation } = this.source;
    try {
      await this.engine.refresh(generation);
      return await this.engine.bucketSums(generation);
    } catch (error) {
      if (!(error instanceof IndexNotFoundError)) throw error;
      throw new RebuildFailedError(
        `MASTER_GENERATION_GONE: the master's generation ${generation} does not exist any more; start a new run.`,
        { cause: error },
      );
    }
  }

  /** The master's sums as the service's index must have them: hidden doctors as tombstones, refused ones not at all. */
  private async withoutLeftOut(
    sums: readonly BucketSum[],
    hidden: LeftOut['hidden'],
    refused: ReadonlySet<string>,
  ): Promise<BucketSum[]> {
    const expected = new Map(sums.map((sum) => [sum.bucket, { ...sum }]));
    for (const [bucket, count] of Object.entries(hidden)) {
      const sum = expected.get(Number(bucket));
      if (sum) Object.assign(sum, { live: sum.live - count, tombstones: sum.tombstones + count });
    }
    for (const { id, version, deleted } of await this.engine.getMany(this.source.generation, [...refused])) {
      const sum = expected.get(bucketOf(id));
      if (!sum) continue;
      sum[deleted ? 'tombstones' : 'live'] -= 1;
      sum.versionSum -= version % VERSION_MODULUS;
    }
    return [...expected.values()];
  }

  private async sample(size: number): Promise<StoredDocument[]> {
    if ((await this.count()) <= size) return this.firstOf({}, size);
    const doctors: StoredDocument[] = [];
    for (let drawn = 0; drawn < SAMPLED_BUCKETS; drawn += 1) {
      const bucket = Math.floor(Math.random() * BUCKETS);
      doctors.push(...(await this.firstOf({ bucket }, Math.ceil(size / SAMPLED_BUCKETS))));
    }
    return doctors;
  }

  private async firstOf(part: { readonly bucket?: number }, size: number): Promise<StoredDocument[]> {
    const options = { ...part, pageSize: size, tombstones: true };
    for await (const doctors of this.engine.scan(this.source.generation, options)) return doctors;
    return [];
  }

  private toRows(doctors: readonly StoredDocument[], failed: RejectedRow[] = []): ProjectedRow[] {
    return doctors.flatMap((doctor) => {
      try {
        return [toProjectedRow(this.projection, doctor as unknown as VersionedDoctor, this.source.asOf)];
      } catch (error) {
        failed.push({ id: doctor.id, reason: `PROJECTION_FAILED: ${String(error)}`.slice(0, 500) });
        return [];
      }
    });
  }

  private noteHidden(doctors: readonly StoredDocument[], rows: readonly ProjectedRow[]): void {
    const deleted = new Set(doctors.flatMap((doctor) => (doctor.deleted ? [doctor.id] : [])));
    for (const row of rows) {
      if (!row.deleted || deleted.has(row.id)) continue;
      const bucket = bucketOf(row.id);
      this.hidden[bucket] = (this.hidden[bucket] ?? 0) + 1;
    }
  }
}
