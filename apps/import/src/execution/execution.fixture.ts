import { randomUUID } from 'node:crypto';
import type { ImportBatchMainCompleteV1, ImportResultV1 } from '@lockstep/contracts';
import { copyInto, createDataSource, databaseMigrations, inTransaction, migrate } from '@lockstep/database';
import { messagingMigrations, type Outbox } from '@lockstep/messaging';
import { createTestDatabase, type Engines } from '@lockstep/testing';
import type { DataSource, EntityManager } from 'typeorm';
import { CreateImportTables1763700000001 } from '../database/create-import-tables.migration.js';
import { ImportConfig } from '../import.config.js';
import { LINK_KINDS, LINK_STATUSES, type LinkKind, OBJECT_STATUSES } from '../statuses.js';
import { AnswerBook } from './answer-book.js';
import { DispatchStore } from './dispatch.store.js';
import { ErrorStore } from './error.store.js';
import { Execution } from './execution.js';
import { ExecutionBatchStore } from './execution-batch.store.js';
import { LinkStore } from './link.store.js';
import { ObjectStore } from './object.store.js';
import { RequestStore } from './request.store.js';
import { Wavefront } from './wavefront.js';

/** Types of the graphs here: things of two owners, and a tag of each kind. */
const GRAPH_TYPES = {
  objectTypes: {
    thing: { service: 'alpha', ownerType: 'alphaThing', fields: {}, identifiers: [] },
    part: { service: 'beta', ownerType: 'betaPart', fields: {}, identifiers: [] },
  },
  linkTags: {
    within: { child: 'thing', parent: 'thing', linkType: 'Dependent', service: null },
    after: { child: 'thing', parent: 'thing', linkType: 'Dependent', service: 'alpha' },
    beside: { child: 'thing', parent: 'thing', linkType: 'Independent', service: 'beta' },
  },
};

export interface GraphObject {
  readonly no: number;
  /** 0 `thing`, 1 `part`. */
  readonly type: number;
  readonly action: 'create' | 'update' | 'reference';
  /** Planning found it wrong. */
  readonly isInvalid?: boolean;
}

/** Its tag is the number of its kind. */
export interface GraphLink {
  readonly no: number;
  readonly child: number;
  readonly parent: number;
  readonly kind: LinkKind;
}

export interface Graph {
  readonly objects: readonly GraphObject[];
  readonly links: readonly GraphLink[];
}

export interface BatchSettings {
  readonly release?: 'streaming' | 'barrier';
  readonly options?: Readonly<Record<string, unknown>>;
}

/** Stored statuses by number, in words. */
export interface StoredGraph {
  readonly state: string;
  readonly run: number;
  readonly processingError: boolean;
  readonly objectCounts: Record<string, number>;
  readonly linkCounts: Record<string, number>;
  readonly objects: Map<number, string>;
  readonly links: Map<number, string>;
}

/** Execution on a database of its own, without a broker: what would be published is called for, results are handed over. */
export class ExecutionBench {
  readonly execution: Execution;
  readonly dispatches: DispatchStore;
  readonly requests: RequestStore;

  private constructor(
    readonly dataSource: DataSource,
    readonly databaseUrl: string,
    readonly config: ImportConfig,
    private readonly drop: () => Promise<void>,
  ) {
    const batches = new ExecutionBatchStore(tableOutbox);
    const objects = new ObjectStore();
    const links = new LinkStore();
    const errors = new ErrorStore();
    this.dispatches = new DispatchStore(dataSource);
    this.requests = new RequestStore(dataSource, batches);
    const wavefront = new Wavefront(config, batches, this.dispatches, objects, links);
    const answers = new AnswerBook(config, this.dispatches, objects, links, errors);
    this.execution = new Execution(config, batches, this.dispatches, objects, links, errors, wavefront, answers);
  }

  static async open(engines: Engines, settings: Partial<ImportConfig> = {}): Promise<ExecutionBench> {
    const database = await createTestDatabase(engines);
    const dataSource = createDataSource({
      url: database.url,
      schema: 'import',
      service: 'import-test',
      entities: [],
      migrations: [...databaseMigrations, ...messagingMigrations, CreateImportTables1763700000001],
      poolSize: 8,
    });
    await dataSource.initialize();
    await migrate(dataSource);
    const config = Object.assign(new ImportConfig(), { databaseUrl: database.url }, settings);
    return new ExecutionBench(dataSource, database.url, config, async () => {
      await dataSource.destroy();
      await database.remove();
    });
  }

  close(): Promise<void> {
    return this.drop();
  }

  /** Stores a graph as planning leaves it, without starting it. */
  async plan(graph: Graph, settings: BatchSettings = {}): Promise<string> {
    const id = randomUUID();
    await inTransaction(this.dataSource, (manager) => storeGraph(manager, id, graph, settings));
    return id;
  }

  async start(batchId: string): Promise<void> {
    await inTransaction(this.dataSource, (manager) => this.execution.start(manager, batchId));
  }

  async apply(batchId: string, results: readonly ImportResultV1[]): Promise<readonly (string | null)[]> {
    return inTransaction(this.dataSource, (manager) => this.execution.applyResults(manager, batchId, results));
  }

  /** Goes on with releases until none is left. */
  async continueReleases(batchId: string): Promise<void> {
    for (;;) {
      const rows: unknown[] = await this.dataSource.query('SELECT 1 FROM pending_release WHERE batch_id = $1 LIMIT 1', [
        batchId,
      ]);
      if (rows.length === 0) return;
      await inTransaction(this.dataSource, (manager) => this.execution.continueReleases(manager, batchId));
    }
  }

  /** Ends of runs that were announced for a batch. */
  async announced(batchId: string): Promise<ImportBatchMainCompleteV1[]> {
    const rows: { payload: ImportBatchMainCompleteV1 }[] = await this.dataSource.query(
      `SELECT convert_from(body, 'UTF8')::json AS payload FROM outbox WHERE message_id LIKE $1 ORDER BY id`,
      [`${batchId}%`],
    );
    return rows.map(({ payload }) => payload);
  }

  async read(batchId: string): Promise<StoredGraph> {
    const [batch]: Record<string, unknown>[] = await this.dataSource.query(
      'SELECT state, run, processing_error, objects, links FROM import_batch WHERE id = $1',
      [batchId],
    );
    const objects: { no: number; status: number }[] = await this.dataSource.query(
      'SELECT obj_no AS no, status FROM pending_object WHERE batch_id = $1',
      [batchId],
    );
    const links: { no: number; status: number; kind: number; child: number }[] = await this.dataSource.query(
      'SELECT link_no AS no, status, kind, child_no AS child FROM pending_link WHERE batch_id = $1',
      [batchId],
    );
    const byObject = new Map(objects.map(({ no, status }) => [no, OBJECT_STATUSES[status] as string]));
    return {
      state: String(batch!['state']),
      run: Number(batch!['run']),
      processingError: Boolean(batch!['processing_error']),
      objectCounts: batch!['objects'] as Record<string, number>,
      linkCounts: batch!['links'] as Record<string, number>,
      objects: byObject,
      links: new Map(
        links.map(({ no, status, kind, child }) => [
          no,
          kind === 0 ? (byObject.get(child) as string) : (LINK_STATUSES[status] as string),
        ]),
      ),
    };
  }
}

/** Writes to the outbox table as the real one does, in the transaction, with an id that names the batch. */
const tableOutbox = {
  add: async (manager: EntityManager, _: unknown, payload: ImportBatchMainCompleteV1): Promise<void> => {
    await manager.query(
      `INSERT INTO outbox (message_id, exchange, routing_key, properties, body) VALUES ($1, 'x', 'y', '{}', $2)`,
      [`${payload.importBatchId}:${randomUUID()}`, Buffer.from(JSON.stringify(payload))],
    );
  },
} as unknown as Outbox;

async function storeGraph(
  manager: EntityManager,
  id: string,
  graph: Graph,
  { release = 'streaming', options = {} }: BatchSettings,
): Promise<void> {
  await manager.query(
    `INSERT INTO import_batch (id, state, user_id, submitted_by, options, types, plan)
     VALUES ($1, 'validated', 'user-1', 'tester', $2, $3, $4)`,
    [id, JSON.stringify(options), JSON.stringify(GRAPH_TYPES), JSON.stringify({ release })],
  );
  const parents = new Map<number, number>();
  for (const { child, kind } of graph.links) {
    if (kind !== 'independent') parents.set(child, (parents.get(child) ?? 0) + 1);
  }
  await copyInto(
    manager,
    'pending_object',
    'batch_id obj_no object_type reference fields identifier_ids action status parents_left places'.split(' '),
    objectRows(id, graph.objects, parents),
  );
  await copyInto(
    manager,
    'pending_link',
    'batch_id link_no child_no parent_no tag kind status'.split(' '),
    linkRows(id, graph.links),
  );
}

function* objectRows(id: string, objects: readonly GraphObject[], parents: ReadonlyMap<number, number>) {
  for (const { no, type, action, isInvalid } of objects) {
    const ids = action === 'create' ? null : { id: `there-${no}` };
    const status = isInvalid ? 4 : 0;
    yield [id, no, type, `ref-${no}`, { name: `n${no}` }, ids, action, status, parents.get(no) ?? 0, `{1,${no + 1}}`];
  }
}

function* linkRows(id: string, links: readonly GraphLink[]) {
  for (const { no, child, parent, kind } of links) {
    const kindNo = LINK_KINDS.indexOf(kind);
    yield [id, no, child, parent, kindNo, kindNo, 0];
  }
}
