/** The tables of one batch: dropped as one when it is planned, instead of millions of rows deleted. */
export interface StagedTables {
  readonly objects: string;
  readonly links: string;
}

const OBJECTS = 'staged_object_';
const LINKS = 'staged_link_';

/** Names that need no quotes. @throws Error when the id is no uuid: it becomes part of statements */
export function stagedTablesOf(batchId: string): StagedTables {
  const hex = batchId.toLowerCase().replaceAll('-', '');
  if (!/^[0-9a-f]{32}$/.test(hex)) throw new Error(`${batchId} is not the id of a batch`);
  return { objects: `${OBJECTS}${hex}`, links: `${LINKS}${hex}` };
}

/** The batch that a table belongs to; null when it is no such table. */
export function batchOfStagedTable(table: string): string | null {
  const [, hex] = /^staged_(?:object|link)_([0-9a-f]{32})$/.exec(table) ?? [];
  return hex?.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') ?? null;
}
