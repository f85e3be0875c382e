import type { EntityClass, MigrationClass } from '@lockstep/database';
import { Extraction, ExtractionBatch } from './extraction.entity.js';
import { CreateExtraction1760000000401 } from './extraction.migration.js';

export * from './extraction.module.js';
export { ExtractionCommands } from './extraction-commands.js';
export type { ExtractionSource, KeyedItem } from './extraction-source.js';

/** Rows of this library's tables: put them into the `entities` of every service that sends its records. */
export const extractionEntities: readonly EntityClass[] = [Extraction, ExtractionBatch];

/** Migrations of the tables `extraction` and `extraction_batch`: put them into the `migrations` of such a service. */
export const extractionMigrations: readonly MigrationClass[] = [CreateExtraction1760000000401];
