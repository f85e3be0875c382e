import { ConfigError } from '@lockstep/service';
import { Logger, type Provider } from '@nestjs/common';
import { KNOWN_HASH_KEY, type ReturnsConfig } from '../returns.config.js';
import { AggregatesStore } from './aggregates.store.js';
import { AlgoliaTarget } from './algolia/algolia.target.js';
import { type HashPersonal, hashPersonalWith } from './hash-personal.js';
import { HASH_PERSONAL, IndexedReturns, RETURN_TARGETS } from './indexed-returns.js';
import { IndexRebuild } from './rebuild/index-rebuild.js';
import { RebuildStore } from './rebuild/rebuild.store.js';
import { RebuildWorker } from './rebuild/rebuild.worker.js';
import { ReturnIndexController } from './rebuild/return-index.controller.js';
import { ReturnFamily, ReturnIndexHealth } from './return-family.js';
import { RETURN_INDEX } from './return-index.js';
import type { ReturnTarget } from './return-target.js';
import { SearchIndexTarget } from './search-index.target.js';
import { Tombstones } from './tombstones/tombstones.js';
import { TombstonesStore } from './tombstones/tombstones.store.js';

/** Routes of the index. */
export const DOCUMENT_CONTROLLERS = [ReturnIndexController];

/** What makes returns searchable. */
export function documentProviders(config: ReturnsConfig): Provider[] {
  return [
    AggregatesStore,
    ReturnFamily,
    ReturnIndexHealth,
    SearchIndexTarget,
    IndexedReturns,
    IndexRebuild,
    RebuildStore,
    RebuildWorker,
    Tombstones,
    TombstonesStore,
    { provide: HASH_PERSONAL, useFactory: () => hashPersonal(config) },
    {
      provide: RETURN_TARGETS,
      inject: [SearchIndexTarget],
      useFactory: (index: SearchIndexTarget): ReturnTarget[] => [index, ...algoliaTargets(config)],
    },
    { provide: RETURN_INDEX, useExisting: IndexedReturns },
  ];
}

function hashPersonal({ hashKey }: ReturnsConfig): HashPersonal {
  if (hashKey === KNOWN_HASH_KEY) {
    new Logger('Returns').warn(
      'RETURNS_HASH_KEY is the one that everybody knows: whoever reads the index can find out phone numbers and addresses of mail. Set your own secret, then rebuild the index.',
    );
  }
  return hashPersonalWith(hashKey);
}

/** None unless it was asked for. */
function algoliaTargets({ algoliaAppId, algoliaApiKey, algoliaIndex, algoliaUrl }: ReturnsConfig): ReturnTarget[] {
  if (algoliaAppId === undefined && algoliaApiKey === undefined) return [];
  if (algoliaAppId === undefined || algoliaApiKey === undefined) {
    throw new ConfigError(['ALGOLIA_APP_ID and ALGOLIA_API_KEY belong together: set both or neither']);
  }
  return [new AlgoliaTarget({ appId: algoliaAppId, apiKey: algoliaApiKey, indexName: algoliaIndex, url: algoliaUrl })];
}
