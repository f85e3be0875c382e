import { type DynamicModule, Module } from '@nestjs/common';
import { ExtractionStore } from './extraction.store.js';
import { ExtractionWorker } from './extraction.worker.js';
import { ExtractionCommands } from './extraction-commands.js';
import { EXTRACTION_SOURCE, type ExtractionSource, type KeyedItem } from './extraction-source.js';

/**
 * Sends all records of a service for a run: planned batches, numbered, confirmed, sent again when asked for, continued
 * after a crash. Expects the service's global `DataSource` (with `extractionEntities` and `extractionMigrations`) and
 * messaging; the service adds a consumer that hands its commands to `ExtractionCommands`.
 */
@Module({})
export class ExtractionModule {
  static forSource<Item extends KeyedItem>(source: ExtractionSource<Item>): DynamicModule {
    return {
      module: ExtractionModule,
      providers: [
        { provide: EXTRACTION_SOURCE, useValue: source },
        ExtractionStore,
        ExtractionWorker,
        ExtractionCommands,
      ],
      exports: [ExtractionCommands],
    };
  }
}
