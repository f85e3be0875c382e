import { IMPORT_EXCHANGE, importBatchCompleted, importRequests, type MessageDefinition } from '@lockstep/contracts';
import { deadLettersController, EnginesModule } from '@lockstep/service';
import { type DynamicModule, Module } from '@nestjs/common';
import { BATCH_CONTROLLERS, batchProviders } from './batches/batch-parts.js';
import { HAND_OVER } from './batches/hand-over.js';
import { CreateImportTables1763700000001 } from './database/create-import-tables.migration.js';
import { importRetention } from './database/import-retention.js';
import { AnswerBook } from './execution/answer-book.js';
import { Caretaker } from './execution/caretaker.js';
import { CompletedBatchesConsumer } from './execution/completed-batches.consumer.js';
import { DispatchStore } from './execution/dispatch.store.js';
import { ErrorStore } from './execution/error.store.js';
import { ExecutionController } from './execution/execution.controller.js';
import { Execution } from './execution/execution.js';
import { ExecutionBatchStore } from './execution/execution-batch.store.js';
import { FileRetention } from './execution/file-retention.js';
import { LeftoverStore } from './execution/leftover.store.js';
import { LinkStore } from './execution/link.store.js';
import { ObjectStore } from './execution/object.store.js';
import { RequestStore } from './execution/request.store.js';
import { ResultsConsumer } from './execution/results.consumer.js';
import { Sender } from './execution/sender.js';
import { Wavefront } from './execution/wavefront.js';
import { StoredFeedConfig } from './feed-configs/feed-config.entity.js';
import { FeedConfigsController } from './feed-configs/feed-configs.controller.js';
import { FeedConfigsStore } from './feed-configs/feed-configs.store.js';
import type { ImportConfig } from './import.config.js';
import { ImportTypesController } from './import-types/import-types.controller.js';
import { ImportTypesVersion } from './import-types/import-types.entity.js';
import { CreateImportTypes1763700000002 } from './import-types/import-types.migration.js';
import { ImportTypesStore } from './import-types/import-types.store.js';

/** What this service publishes. */
export const PUBLISHED = [...importRequests, importBatchCompleted];

/** Classes with the handlers of the queues that this service consumes. */
export const CONSUMERS = [ResultsConsumer, CompletedBatchesConsumer];

/** Batches that one replica reads and plans side by side. */
const PLACES = 3;

/** What happens to a batch from its start to its end. */
const EXECUTION = [
  AnswerBook,
  Caretaker,
  DispatchStore,
  ErrorStore,
  Execution,
  ExecutionBatchStore,
  FileRetention,
  LeftoverStore,
  LinkStore,
  ObjectStore,
  RequestStore,
  Sender,
  Wavefront,
];

/** Imports: files of objects and links, made in the right order by the services that own them. */
@Module({})
export class ImportModule {
  static forConfig(config: ImportConfig): DynamicModule {
    return {
      module: ImportModule,
      imports: [
        EnginesModule.forService(config, {
          service: 'import',
          publishes: PUBLISHED,
          mayPublish: isOwnerRequest,
          entities: [ImportTypesVersion, StoredFeedConfig],
          migrations: [CreateImportTables1763700000001, CreateImportTypes1763700000002],
          retention: importRetention(config),
        }),
      ],
      controllers: [
        ...BATCH_CONTROLLERS,
        ExecutionController,
        FeedConfigsController,
        ImportTypesController,
        ...CONSUMERS,
        deadLettersController('import'),
      ],
      providers: [
        FeedConfigsStore,
        ImportTypesStore,
        ...EXECUTION,
        ...batchProviders({
          pipeline: { places: PLACES, leaseSeconds: config.leaseSeconds },
          uploads: { directory: config.uploadDirectory, maxBytes: config.maxUploadBytes },
          chunks: { objects: config.objectsPerMessage, links: config.linksPerMessage },
        }),
        { provide: HAND_OVER, useExisting: Execution },
      ],
    };
  }
}

/** Types name their owner; one that is none of ours binds a queue of its own. */
function isOwnerRequest({ exchange, type }: MessageDefinition): boolean {
  return exchange === IMPORT_EXCHANGE && /^import\.(object|link)\.request\./.test(type);
}
