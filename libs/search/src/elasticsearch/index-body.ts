import { createHash } from 'node:crypto';
import { MAX_PAGED_ROWS } from '../query/plan-query.js';
import {
  canonicalJson,
  type FieldDefinition,
  type FieldDefinitions,
  type IndexSchema,
} from '../schema/index-schema.js';

type Json = Readonly<Record<string, unknown>>;

/** Prefixes up to this length are indexed as terms of their own; longer ones are looked up in the words' dictionary. */
const INDEXED_PREFIX_LENGTH = 8;

/**
 * The strict mapping of a schema. It uses only what an Elasticsearch without its optional modules has: words are folded and
 * split before they get here, so the analyser only cuts at blanks.
 */
export function toMapping(schema: IndexSchema): Json {
  return {
    dynamic: 'strict',
    properties: {
      ...toProperties(schema.fields),
      lockstep: {
        properties: {
          id: { type: 'keyword' },
          version: { type: 'long' },
          deleted: { type: 'boolean' },
          bucket: { type: 'short' },
          remainder: { type: 'integer' },
          text: { properties: toTextProperties(schema) },
          sort: { properties: Object.fromEntries(schema.sortKeyFields.map((field) => [field, { type: 'keyword' }])) },
        },
      },
    },
  };
}

/** Settings of an index that is being filled: nothing is searchable, nothing is copied, until the fill ends. */
export const FILLING_SETTINGS: Json = {
  number_of_shards: 1,
  number_of_replicas: 0,
  refresh_interval: '-1',
  // One more than the deepest page, which is read with one row ahead to know whether another follows.
  max_result_window: MAX_PAGED_ROWS + 1,
};

/**
 * Settings of an index that is read. The refresh is stated, not left to the default, which stops refreshing an index that
 * nobody has searched for half a minute and makes the next reader wait.
 */
export const SERVING_SETTINGS: Json = { refresh_interval: '1s', auto_expand_replicas: '0-1' };

/** Hash of a mapping as the engine reports it, its meta aside. */
export function structureOf(mapping: Json): string {
  const { _meta, ...structure } = mapping;
  return createHash('sha256').update(canonicalJson(structure)).digest('hex').slice(0, 16);
}

function toTextProperties(schema: IndexSchema): Json {
  return Object.fromEntries(
    schema.textFields.map((field) => [
      field,
      {
        type: 'text',
        analyzer: 'whitespace',
        norms: false,
        index_options: schema.matchFields.includes(field) ? 'positions' : 'docs',
        ...(schema.searchFields.includes(field) && {
          index_prefixes: { min_chars: 1, max_chars: INDEXED_PREFIX_LENGTH },
        }),
      },
    ]),
  );
}

function toProperties(fields: FieldDefinitions): Json {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, toProperty(field)]));
}

function toProperty(field: FieldDefinition): Json {
  switch (field.type) {
    case 'date':
      return { type: 'date', format: 'strict_date' };
    case 'instant':
      return { type: 'date', format: 'strict_date_time||strict_date_time_no_millis' };
    case 'stored':
      return { type: 'object', enabled: false };
    case 'nested':
    case 'object':
      return { type: field.type, properties: toProperties(field.fields) };
    default:
      return { type: field.type };
  }
}
