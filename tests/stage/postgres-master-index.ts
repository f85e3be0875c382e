import { byNumber, EVERYBODY, type IndexedDocument, type MasterIndex, withoutTechnicalPart } from './master-index.js';

/** Asks the database that holds the indexes. */
export type Ask = <Row extends object>(sql: string, values?: unknown[]) => Promise<Row[]>;

interface Target {
  id: string;
  filter: { field: string; anyOf: readonly unknown[] } | null;
}

interface Source extends IndexedDocument {
  lockstep: { deleted: boolean };
}

const PAGE = 1_000;

/** As it stands in the tables of the schema `search`: through their rows for the aliases, filtered here. */
export class PostgresMasterIndex implements MasterIndex {
  constructor(
    private readonly ask: Ask,
    private readonly prefix: string,
  ) {}

  async count(alias: string): Promise<number> {
    let count = 0;
    for await (const _ of this.documents(alias)) count += 1;
    return count;
  }

  async *documents(alias = EVERYBODY): AsyncGenerator<IndexedDocument> {
    const target = await this.targetOf(alias);
    for (let after = ''; ; ) {
      const rows = await this.ask<{ id: string; source: string }>(
        `SELECT id, source FROM search.sources_${target.id} WHERE id > $1 ORDER BY id LIMIT ${PAGE}`,
        [after],
      );
      for (const source of rows.map((row) => JSON.parse(row.source) as Source)) {
        if (isShown(target, source)) yield withoutTechnicalPart(source);
      }
      if (rows.length < PAGE) return;
      after = rows.at(-1)?.id ?? '';
    }
  }

  read(alias?: string): Promise<Map<string, IndexedDocument>> {
    return byNumber(this.documents(alias));
  }

  async readOne(generation: string, gmcNumber: string): Promise<IndexedDocument | undefined> {
    const id = await this.idOf(generation);
    if (id === undefined) throw new Error(`there is no index ${generation}`);
    const [row] = await this.ask<{ source: string }>(`SELECT source FROM search.sources_${id} WHERE id = $1`, [
      gmcNumber,
    ]);
    const source = row && (JSON.parse(row.source) as Source);
    return source && !source.lockstep.deleted ? withoutTechnicalPart(source) : undefined;
  }

  async targets(): Promise<Map<string, string[]>> {
    const rows = await this.ask<{ alias: string; names: string[] }>(
      `SELECT a.name AS alias, array_agg(i.name::text ORDER BY i.name) AS names
       FROM search.aliases a JOIN search.indexes i ON i.id = a.index_id WHERE a.prefix = $1 GROUP BY a.name`,
      [this.prefix],
    );
    return new Map(rows.map(({ alias, names }) => [alias, names]));
  }

  async has(generation: string): Promise<boolean> {
    return (await this.idOf(generation)) !== undefined;
  }

  private async idOf(name: string): Promise<string | undefined> {
    const rows = await this.ask<{ id: string }>('SELECT id FROM search.indexes WHERE prefix = $1 AND name = $2', [
      this.prefix,
      name,
    ]);
    return rows[0]?.id;
  }

  private async targetOf(alias: string): Promise<Target> {
    const targets = await this.ask<Target>(
      'SELECT index_id AS id, filter FROM search.aliases WHERE prefix = $1 AND name = $2',
      [this.prefix, alias],
    );
    if (targets.length !== 1) throw new Error(`${alias} stands for ${targets.length} indexes`);
    return targets[0] as Target;
  }
}

/** The aliases of the master have the one kind of filter or none; another would throw here. */
function isShown({ filter }: Target, { lockstep, ...document }: Source): boolean {
  if (lockstep.deleted) return false;
  return filter === null || filter.anyOf.includes(document[filter.field]);
}
