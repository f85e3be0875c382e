import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { londonDate } from '@lockstep/contracts';
import { Leases } from '@lockstep/database';
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
const LEASE_MS = 30_000;
const PAGE_SIZE = 500;

/**
 * Lets the passing of days show: no message says that a membership has ended. At the start and every hour, documents whose
 * `nextTransitionDate` has come are projected again from the master as it is now and written like a live change.
 */
@Injectable()
export class DateChanges implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('DateChanges');
  private readonly stopping = new AbortController();
  private working: Promise<void> | undefined;

  constructor(
    @Inject(PROJECTION) private readonly projection: Projection,
    @Inject(SEARCH_ENGINE) private readonly engine: SearchEngine,
    private readonly index: ProjectedIndex,
    private readonly leases: Leases,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    if (TRANSITION_FIELD in this.projection.family.schema.fields) this.working = this.work();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.working;
  }

  /** Projects again what is due today; answers how many documents that were. */
  async apply(): Promise<number> {
    const today = londonDate(this.clock.now());
    const family = await this.index.ready();
    let changed = 0;
    for await (const ids of this.due(today)) {
      const doctors = await this.engine.getMany(masterDoctorAliases[0].name, ids);
      const { written } = await family.writeLive(doctors.flatMap((doctor) => this.toRow(doctor, today) ?? []));
      changed += written;
    }
    return changed;
  }

  private async *due(today: string): AsyncGenerator<string[]> {
    const { active } = await (await this.index.ready()).status();
    if (!active) return;
    const filters = [{ field: TRANSITION_FIELD, range: { to: today } }];
    let cursor: string | undefined;
    do {
      const query = { filters, pageSize: PAGE_SIZE, ...(cursor !== undefined && { cursor }) };
      const page = await this.engine.search(this.projection.family.schema, active.indexName, query);
      if (page.items.length > 0) yield page.items.map(({ id }) => id);
      cursor = page.cursor;
    } while (cursor !== undefined && !this.stopping.signal.aborted);
  }

  private toRow(doctor: StoredDocument, today: string): ProjectedRow | undefined {
    try {
      return toProjectedRow(this.projection, doctor as unknown as VersionedDoctor, today);
    } catch (error) {
      this.logger.warn(`${doctor.id} could not be projected again: ${String(error)}`);
      return undefined;
    }
  }

  private async work(): Promise<void> {
    const { signal } = this.stopping;
    const owner = `${hostname()}:${process.pid}`;
    while (!signal.aborted) {
      try {
        const changed = await this.leases.hold('projection.dates', { owner, ttlMs: LEASE_MS }, () => this.apply());
        if (changed) this.logger.log(`${changed} documents changed by date`);
      } catch (error) {
        // Before integration has made its index there is nothing that could be due.
        if (!signal.aborted && !(error instanceof IndexNotFoundError)) {
          this.logger.warn(`Documents could not be changed by date: ${String(error)}`);
        }
      }
      await delay(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
