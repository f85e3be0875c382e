import { hostname } from 'node:os';
import { londonDate } from '@lockstep/contracts';
import { Leases } from '@lockstep/database';
import { WokenLoop } from '@lockstep/messaging';
import { IndexNotFoundError, type SearchEngine, type StoredDocument } from '@lockstep/search';
import { Clock, SEARCH_ENGINE } from '@lockstep/service';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { masterDoctorAliases } from '../master-doctor-index.js';
import { ProjectedIndex } from '../projected-index.js';
import { PROJECTION, type ProjectedRow, type Projection, toProjectedRow, type VersionedDoctor } from '../projection.js';

/** The date field of a projection's schema that says when a document changes by itself. */
export const TRANSITION_FIELD = 'nextTransitionDate';

const EVERY_MS = 3_600_000;
const BACKOFF = { firstMs: 30_000, maxMs: EVERY_MS };
const LEASE_MS = 30_000;
const PAGE_SIZE = 500;

/**
 * Lets the passing of days show: no message says that a membership has ended. At the start and every hour, documents whose
 * `nextTransitionDate` has come are projected again from the master as it is now and written like a live change.
 */
@Injectable()
export class DateChanges implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('DateChanges');
  private readonly owner = `${hostname()}:${process.pid}`;
  private readonly loop = new WokenLoop({
    turn: (stopping) => this.turn(stopping),
    onFailed: (error) => this.logger.warn(`Documents could not be changed by date: ${String(error)}`),
    backoff: BACKOFF,
  });

  constructor(
    @Inject(PROJECTION) private readonly projection: Projection,
    @Inject(SEARCH_ENGINE) private readonly engine: SearchEngine,
    private readonly index: ProjectedIndex,
    private readonly leases: Leases,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    if (TRANSITION_FIELD in this.projection.family.schema.fields) this.loop.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.loop.stop();
  }

  /** Projects again what is due today, unless it is to stop; answers how many documents that were. */
  async apply(stopping?: AbortSignal): Promise<number> {
    const today = londonDate(this.clock.now());
    const family = await this.index.ready();
    let changed = 0;
    for await (const ids of this.due(today, stopping)) {
      const doctors = await this.engine.getMany(masterDoctorAliases[0].name, ids);
      const { written } = await family.writeLive(doctors.flatMap((doctor) => this.toRow(doctor, today) ?? []));
      changed += written;
    }
    return changed;
  }

  private async *due(today: string, stopping?: AbortSignal): AsyncGenerator<string[]> {
    const { active } = await (await this.index.ready()).status();
    if (!active) return;
    const filters = [{ field: TRANSITION_FIELD, range: { to: today } }];
    let cursor: string | undefined;
    do {
      const query = { filters, pageSize: PAGE_SIZE, ...(cursor !== undefined && { cursor }) };
      const page = await this.engine.search(this.projection.family.schema, active.indexName, query);
      if (page.items.length > 0) yield page.items.map(({ id }) => id);
      cursor = page.cursor;
    } while (cursor !== undefined && !stopping?.aborted);
  }

  private toRow(doctor: StoredDocument, today: string): ProjectedRow | undefined {
    try {
      return toProjectedRow(this.projection, doctor as unknown as VersionedDoctor, today);
    } catch (error) {
      this.logger.warn(`${doctor.id} could not be projected again: ${String(error)}`);
      return undefined;
    }
  }

  private async turn(stopping: AbortSignal): Promise<number> {
    try {
      const lease = { owner: this.owner, ttlMs: LEASE_MS };
      const changed = await this.leases.hold('projection.dates', lease, () => this.apply(stopping));
      if (changed) this.logger.log(`${changed} documents changed by date`);
    } catch (error) {
      // Before integration has made its index there is nothing that could be due.
      if (!(error instanceof IndexNotFoundError)) throw error;
    }
    return EVERY_MS;
  }
}
