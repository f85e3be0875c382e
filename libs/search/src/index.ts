import { type MigrationClass, type RetentionRule, tooOld } from '@lockstep/database';
import { AddGenerationFields1760000000302 } from './generations/add-generation-fields.migration.js';
import { CreateIndexFamilies1760000000301 } from './generations/create-index-families.migration.js';

export { ElasticsearchEngine, type ElasticsearchOptions } from './elasticsearch/elasticsearch-engine.js';
export * from './engine/search-engine.js';
export * from './engine/search-errors.js';
export type { AliasDefinition } from './generations/alias-moves.js';
export type { RunFence } from './generations/claim-generation.js';
export type { FamilyStatus, Generation, RebuildReason, RunGeneration } from './generations/family.store.js';
export type { IndexFamilyOptions } from './generations/family-access.js';
export type { FillOptions, FillProgress, FillResult, IndexRow, RejectedRow } from './generations/fill-index.js';
export * from './generations/generation-errors.js';
export { type GenerationEvent, type GenerationState, IllegalTransitionError } from './generations/generation-state.js';
export { IndexFamily } from './generations/index-family.js';
export { exceedsLoss } from './generations/judge-counts.js';
export type { Authority, VerificationReport } from './generations/verify-generation.js';
export type { LiveResult } from './generations/write-live.js';
export { MemorySearchEngine } from './memory/memory-search-engine.js';
export { PostgresSearchEngine, type PostgresSearchOptions } from './postgres/postgres-search-engine.js';
export * from './query/query-errors.js';
export * from './query/search-query.js';
export {
  defineIndexSchema,
  type FieldDefinition,
  type FieldDefinitions,
  type IndexSchema,
} from './schema/index-schema.js';
export * from './schema/index-source.js';
export { foldText, tokenize, toSortKey } from './text/fold-text.js';

/** Generations whose index was removed long ago. */
export const searchRetention: readonly RetentionRule[] = [
  {
    table: 'index_generation',
    outdated: (limits) => `state IN ('retired', 'abandoned') AND ended_at < ${tooOld(limits)}`,
  },
];

/** Migrations of this library's own tables: put them into the `migrations` of every service that has an index family. */
export const searchMigrations: readonly MigrationClass[] = [
  CreateIndexFamilies1760000000301,
  AddGenerationFields1760000000302,
];
