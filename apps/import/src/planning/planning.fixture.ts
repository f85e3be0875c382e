import { randomUUID } from 'node:crypto';
import { createDataSource, inTransaction, migrate } from '@lockstep/database';
import type { DataSource } from 'typeorm';
import { DEFAULT_OPTIONS, type ImportOptions } from '../batches/import-options.js';
import { CreateImportTables1763700000001 } from '../database/create-import-tables.migration.js';
import type { FeedError, FeedItem, FeedLink, FeedObject } from '../feeds/feed-item.js';
import { StagingStore } from '../staging/staging.store.js';
import { LINK_KINDS, LINK_STATUSES, OBJECT_STATUSES } from '../statuses.js';
import { type PlanningResult, PlanningStore } from './planning.store.js';
import { TypePositions, type TypesSnapshot } from './type-positions.js';

const required = { required: true };

/** A catalogue, its stock and its orders. */
export const TYPES: TypesSnapshot = {
  objectTypes: {
    brand: { service: 'catalog', fields: { name: required } },
    category: { service: 'catalog', fields: { name: required } },
    product: { service: 'catalog', fields: { title: required, price: {} } },
    variant: { service: 'catalog', fields: { sku: required, size: {} } },
    location: { service: 'stock' },
    customer: { service: 'crm', fields: { email: required } },
  },
  linkTags: {
    categoryParent: { child: 'category', parent: 'category', linkType: 'Dependent' },
    productHasBrand: { child: 'product', parent: 'brand', linkType: 'Dependent' },
    productInCategory: {
      child: 'product',
      parent: 'category',
      linkType: 'Dependent',
      separateDependentLinkCreate: true,
      service: 'catalog',
    },
    variantOfProduct: { child: 'variant', parent: 'product', linkType: 'Dependent', required: true },
    productRelated: { child: 'product', parent: 'product', linkType: 'Independent', service: 'catalog' },
    variantStockedAt: { child: 'variant', parent: 'location', linkType: 'Independent', service: 'stock' },
    categoryHero: {
      child: 'category',
      parent: 'product',
      linkType: 'Dependent',
      separateDependentLinkCreate: true,
      deferrable: true,
      service: 'catalog',
    },
  },
};

type Fields = FeedObject['fields'];

/** Items of a feed, each record on the next row of file 1. */
export class Feed {
  readonly items: FeedItem[] = [];
  private row = 1;

  /** What follows stands in one record. */
  nextRow(): this {
    this.row++;
    return this;
  }

  object(objectType: string, reference: string | null, fields: Fields = null, extra: Partial<FeedObject> = {}): this {
    const column = `${objectType}_code`;
    const place = { fileNo: 1, row: this.row, line: this.row, column };
    this.items.push({
      kind: 'object',
      place,
      objectType,
      reference,
      fields,
      identifierIds: null,
      errors: [],
      ...extra,
    });
    return this;
  }

  link(tag: string, child: string, parent: string, extra: Partial<FeedLink> = {}): this {
    const types = TYPES.linkTags[tag] ?? { child: '', parent: '' };
    this.items.push({
      kind: 'link',
      place: { fileNo: 1, row: this.row, line: this.row, column: tag },
      tag,
      child: { objectType: types.child, reference: child },
      parent: { objectType: types.parent, reference: parent },
      properties: null,
      errors: [],
      ...extra,
    });
    return this;
  }

  error(code: FeedError['code'], severity: FeedError['severity'] = 'error'): this {
    this.items.push({ kind: 'error', error: this.fault(code, severity) });
    return this;
  }

  fault(code: FeedError['code'], severity: FeedError['severity'] = 'error'): FeedError {
    return { code, severity, message: `${code}!`, place: { fileNo: 1, row: this.row, line: this.row, column: null } };
  }
}

export interface PlannedObject {
  type: string;
  reference: string | null;
  action: string;
  status: string;
  level: number;
  parentsLeft: number;
  places: number[];
  fields: unknown;
  identifierIds: unknown;
  errors: { code: string }[] | null;
}

export interface Planned extends PlanningResult {
  id: string;
  all: PlannedObject[];
  /** By reference. */
  objects: Map<string | null, PlannedObject>;
  links: { tag: string; child: string; parent: string; kind: string; status: string; properties: unknown }[];
  /** As `CODE row n`, in order. */
  errors_: string[];
  warnings_: string[];
  messages: string[];
  counts: { objects: Record<string, number>; links: Record<string, number> };
}

/** A database with the tables of imports, and batches planned in it. */
export class PlanningStage {
  readonly staging: StagingStore;
  readonly planning = new PlanningStore();

  private constructor(readonly dataSource: DataSource) {
    this.staging = new StagingStore(dataSource);
  }

  static async open(url: string): Promise<PlanningStage> {
    const dataSource = createDataSource({
      url,
      schema: 'import',
      service: 'import',
      entities: [],
      migrations: [CreateImportTables1763700000001],
    });
    await dataSource.initialize();
    await migrate(dataSource);
    return new PlanningStage(dataSource);
  }

  async plan(
    feed: Feed | readonly FeedItem[],
    options: Partial<ImportOptions> = {},
    resumeOf: string | null = null,
    types: TypesSnapshot = TYPES,
  ): Promise<Planned> {
    const id = randomUUID();
    const all = { ...DEFAULT_OPTIONS, ...options };
    await this.dataSource.query(
      `INSERT INTO import_batch (id, state, user_id, submitted_by, options, types, resume_of)
       VALUES ($1, 'parsing', 'seller-1', 'test', $2, $3, $4)`,
      [id, JSON.stringify(all), JSON.stringify(types), resumeOf],
    );
    await this.staging.begin(id);
    const items = feed instanceof Feed ? feed.items : feed;
    const read = async function* () {
      yield items;
    };
    const limits = { maxErrors: all.maxErrors, signal: new AbortController().signal };
    const staged = await this.staging.stage(id, read(), new TypePositions(types), limits);
    const batch = { id, userId: 'seller-1', resumeOf, options: all, types };
    const result = await inTransaction(this.dataSource, (manager) =>
      this.planning.plan(manager, batch, staged, { objects: 2, links: 2 }),
    );
    await this.staging.drop(id);
    return { ...result, id, ...(await this.read(id, types)) };
  }

  /** As execution would: everything that can be made is. */
  async complete(id: string): Promise<void> {
    await this.dataSource.query(
      `UPDATE pending_object SET status = 3, identifier_ids = coalesce(identifier_ids, json_build_object('id', reference))
       WHERE batch_id = $1 AND status = 0`,
      [id],
    );
    await this.dataSource.query('UPDATE pending_link SET status = 2 WHERE batch_id = $1 AND status = 0 AND kind <> 0', [
      id,
    ]);
  }

  private async read(id: string, types: TypesSnapshot): Promise<Omit<Planned, keyof PlanningResult | 'id'>> {
    const rows: Record<string, never>[] = await this.dataSource.query(
      'SELECT * FROM pending_object WHERE batch_id = $1 ORDER BY obj_no',
      [id],
    );
    expectDense(rows.map(({ obj_no }) => obj_no));
    const typeNames = Object.keys(types.objectTypes);
    const objects = rows.map((row) => ({
      type: typeNames[row['object_type'] as unknown as number] as string,
      reference: row['reference'] as string | null,
      action: row['action'] as unknown as string,
      status: OBJECT_STATUSES[row['status'] as unknown as number] as string,
      level: row['level'] as unknown as number,
      parentsLeft: row['parents_left'] as unknown as number,
      places: row['places'] as unknown as number[],
      fields: row['fields'] as unknown,
      identifierIds: row['identifier_ids'] as unknown,
      errors: row['errors'] as { code: string }[] | null,
    }));
    const links: Record<string, never>[] = await this.dataSource.query(
      `SELECT link.*, child.reference AS child, parent.reference AS parent FROM pending_link link
       JOIN pending_object child ON child.batch_id = $1 AND child.obj_no = child_no
       JOIN pending_object parent ON parent.batch_id = $1 AND parent.obj_no = parent_no
       WHERE link.batch_id = $1 ORDER BY link_no`,
      [id],
    );
    expectDense(links.map(({ link_no }) => link_no));
    const errors: { severity: string; code: string; row_no: number; message: string }[] = await this.dataSource.query(
      'SELECT severity, code, row_no, message FROM import_error WHERE batch_id = $1 ORDER BY file_no, row_no, code',
      [id],
    );
    const said = (severity: string) =>
      errors.filter((each) => each.severity === severity).map(({ code, row_no }) => `${code} row ${row_no}`);
    const [counts] = await this.dataSource.query('SELECT objects, links FROM import_batch WHERE id = $1', [id]);
    return {
      all: objects,
      objects: new Map(objects.map((object) => [object.reference, object])),
      links: links.map((row) => ({
        tag: Object.keys(types.linkTags)[row['tag'] as unknown as number] as string,
        child: row['child'] as unknown as string,
        parent: row['parent'] as unknown as string,
        kind: LINK_KINDS[row['kind'] as unknown as number] as string,
        status: LINK_STATUSES[row['status'] as unknown as number] as string,
        properties: row['properties'] as unknown,
      })),
      errors_: said('error'),
      warnings_: said('warning'),
      messages: errors.map(({ message }) => message),
      counts,
    };
  }
}

function expectDense(numbers: readonly number[]): void {
  if (numbers.some((number, index) => number !== index + 1)) throw new Error(`not dense: ${numbers.slice(0, 20)}`);
}
