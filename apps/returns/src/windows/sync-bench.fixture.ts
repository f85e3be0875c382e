import { randomUUID } from 'node:crypto';
import {
  type MessageDefinition,
  type ReturnSyncProcessingV1,
  type ReturnSyncV1,
  returnSync,
  returnSyncProcessing,
} from '@lockstep/contracts';
import { createDataSource, databaseMigrations, migrate } from '@lockstep/database';
import { messagingMigrations, type Outbox } from '@lockstep/messaging';
import { createTestDatabase, type Engines } from '@lockstep/testing';
import type { DataSource, EntityManager } from 'typeorm';
import { CreateReturnChanges1763800000211 } from '../changes/changes.migration.js';
import { CreateReturnGraves1763800000210 } from '../documents/return-graves.migration.js';
import { CreateOrders1763800000201 } from '../orders/orders.migration.js';
import { CreateReturnParts1763800000202 } from '../orders/return-parts.migration.js';
import { ReturnsConfig } from '../returns.config.js';
import { Verification } from '../verify/verification.js';
import { VerificationStore } from '../verify/verification.store.js';
import { ClaimStore } from './claim.store.js';
import { Claims } from './claims.js';
import { IndexDouble } from './index-double.fixture.js';
import { JobStore } from './job.store.js';
import { PageStore } from './page.store.js';
import { PageWorker } from './page-worker.js';
import { Planner } from './planner.js';
import { PlanningStore } from './planning.store.js';
import { Recovery } from './recovery.js';
import { RunStore } from './run.store.js';
import { RunControl } from './run-control.js';
import { RunEnd } from './run-end.js';
import { RunHistory } from './run-history.js';
import { SyncCounters } from './sync-counters.js';
import { CreateReturnSync1763800000212 } from './windows.migration.js';

/** A message that the sync has sent and nobody has taken. */
export type Sent =
  | { readonly kind: 'plan'; readonly payload: ReturnSyncV1 }
  | { readonly kind: 'page'; readonly payload: ReturnSyncProcessingV1 };

/** The sync on a database of its own, without a broker and with an index that is a map: messages are taken by hand. */
export class SyncBench {
  readonly claims: Claims;
  readonly control: RunControl;
  readonly counters = new SyncCounters();
  readonly jobs: JobStore;
  readonly planner: Planner;
  readonly recovery: Recovery;
  readonly runs: RunStore;
  readonly worker: PageWorker;

  private constructor(
    readonly dataSource: DataSource,
    readonly databaseUrl: string,
    readonly config: ReturnsConfig,
    readonly index: IndexDouble,
    private readonly drop: () => Promise<void>,
  ) {
    const history = new RunHistory();
    const claimStore = new ClaimStore(tableOutbox, history);
    const pages = new PageStore(dataSource, tableOutbox);
    const verification = new Verification(new VerificationStore(dataSource), index);
    const { counters } = this;
    this.jobs = new JobStore(dataSource);
    this.runs = new RunStore(dataSource);
    const end = new RunEnd(config, this.jobs, claimStore);
    this.claims = new Claims(dataSource, config, claimStore, this.jobs);
    const planning = new PlanningStore();
    this.planner = new Planner(dataSource, config, this.jobs, pages, planning, end, history, verification, counters);
    this.worker = new PageWorker(dataSource, config, this.jobs, pages, end, verification, counters, index);
    this.recovery = new Recovery(dataSource, config, this.jobs, pages, claimStore, end, history, counters);
    this.control = new RunControl(dataSource, config, this.jobs, pages, this.runs, history);
  }

  static async open(engines: Engines, settings: Partial<ReturnsConfig> = {}): Promise<SyncBench> {
    const database = await createTestDatabase(engines);
    const dataSource = createDataSource({
      url: database.url,
      schema: 'returns',
      service: 'returns-test',
      entities: [],
      migrations: [
        ...databaseMigrations,
        ...messagingMigrations,
        CreateOrders1763800000201,
        CreateReturnParts1763800000202,
        CreateReturnGraves1763800000210,
        CreateReturnChanges1763800000211,
        CreateReturnSync1763800000212,
      ],
    });
    await dataSource.initialize();
    await migrate(dataSource);
    const config = Object.assign(new ReturnsConfig(), { databaseUrl: database.url }, settings);
    return new SyncBench(dataSource, database.url, config, new IndexDouble(dataSource), async () => {
      await dataSource.destroy();
      await database.remove();
    });
  }

  close(): Promise<void> {
    return this.drop();
  }

  sql<T>(text: string, parameters: unknown[] = []): Promise<T[]> {
    return this.dataSource.query(text, parameters);
  }

  /** Returns with one item each, of one order each, whose ids are those of the returns. */
  async addReturns(from: number, to: number): Promise<void> {
    await this.sql(
      `INSERT INTO "order" (id, customer_order_number, version) SELECT id, 'O-' || id, 1 FROM generate_series($1::int, $2) id`,
      [from, to],
    );
    await this.sql(
      `INSERT INTO order_return (id, order_id, customer_return_number, return_type, is_cod)
       SELECT id, id, 'R-' || id, 'CUSTOMER', false FROM generate_series($1::int, $2) id`,
      [from, to],
    );
    await this.sql(
      'INSERT INTO return_item (return_id, id, position, quantity) SELECT id, 1, 0, 1 FROM generate_series($1::int, $2) id',
      [from, to],
    );
  }

  /** Claims a run; its id. */
  async claim(): Promise<string> {
    const { result, runId } = await this.claims.claim('manual', 'tester');
    if (result !== 'claimed') throw new Error(`not claimed: ${result}`);
    return runId;
  }

  /** Takes what was sent, oldest first. */
  async take(): Promise<Sent[]> {
    const rows: { type: string; payload: never }[] = await this.sql(
      `WITH taken AS (DELETE FROM outbox RETURNING id, routing_key AS type, convert_from(body, 'UTF8')::json AS payload)
       SELECT type, payload FROM taken ORDER BY id`,
    );
    return rows.map(({ type, payload }) => ({ kind: type === returnSync.type ? 'plan' : 'page', payload }));
  }

  async handle(sent: Sent): Promise<string> {
    if (sent.kind === 'plan') return this.planner.plan(sent.payload);
    return this.worker.process(sent.payload, sent.payload.pageNo, new AbortController().signal);
  }

  /** Handles messages until none is left. */
  async drain(): Promise<void> {
    for (let sent = await this.take(); sent.length > 0; sent = await this.take()) {
      for (const each of sent) await this.handle(each);
    }
  }

  /** A whole run; its id. */
  async sync(): Promise<string> {
    const runId = await this.claim();
    await this.drain();
    return runId;
  }

  async run(runId: string) {
    const run = await this.runs.find(runId);
    if (!run) throw new Error(`no run ${runId}`);
    return run;
  }

  async job() {
    const job = await this.jobs.newest();
    if (!job) throw new Error('no job');
    return job;
  }

  /** As if the holder of the lease had died long ago. */
  async expireLease(): Promise<void> {
    await this.sql(
      `UPDATE order_return_algolia_sync SET lease_expires_at = now() - interval '1 second' WHERE status > 0`,
    );
  }
}

const add = async (manager: EntityManager, { type }: MessageDefinition, payload: object): Promise<void> => {
  await manager.query(
    `INSERT INTO outbox (message_id, exchange, routing_key, properties, body) VALUES ($1, 'x', $2, '{}', $3)`,
    [randomUUID(), type, Buffer.from(JSON.stringify(payload))],
  );
};

/** Keeps messages where they are written, as the real one does; nothing sends them. */
const tableOutbox = {
  add,
  addAll: async (manager: EntityManager, _: MessageDefinition, entries: { payload: object }[]): Promise<void> => {
    for (const { payload } of entries) await add(manager, returnSyncProcessing, payload);
  },
} as unknown as Outbox;
