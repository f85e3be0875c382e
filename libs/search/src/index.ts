export { ElasticsearchEngine, type ElasticsearchOptions } from './elasticsearch/elasticsearch-engine.js';
export * from './engine/search-engine.js';
export * from './engine/search-errors.js';
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
