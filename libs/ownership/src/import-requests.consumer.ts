import {
  type ImportLinkRequestV1,
  type ImportObjectRequestV1,
  type ImportOwner,
  importLinkQueues,
  importObjectQueues,
} from '@lockstep/contracts';
import { QueueHandler, type ReceivedMessage, type Verdict } from '@lockstep/messaging';
import { Controller, type Type } from '@nestjs/common';
import { ImportRequests } from './import-requests.js';

/** Two at a time keep the database busy while one of them waits for its commit; a message is hundreds of items already. */
const OPTIONS = { batchSize: 1, prefetch: 4, concurrency: 2 };

/**
 * The consumer of what imports ask of a service. The service provides `ImportRequests`, `ProcessedKeys` and, under `OWNED`,
 * what it does; it declares `importResult` among what it publishes.
 *
 * @example controllers: [PeopleController, importRequestsConsumer('tcs')]
 */
export function importRequestsConsumer(owner: ImportOwner): Type {
  @Controller()
  class ImportRequestsConsumer {
    constructor(private readonly requests: ImportRequests) {}

    @QueueHandler(importObjectQueues[owner], OPTIONS)
    objects(batch: ReceivedMessage<ImportObjectRequestV1>[]): Promise<Verdict[]> {
      return inTurn(batch, ({ payload }) => this.requests.takeObjects(payload));
    }

    @QueueHandler(importLinkQueues[owner], OPTIONS)
    links(batch: ReceivedMessage<ImportLinkRequestV1>[]): Promise<Verdict[]> {
      return inTurn(batch, ({ payload }) => this.requests.takeLinks(payload));
    }
  }
  return ImportRequestsConsumer;
}

async function inTurn<T>(batch: readonly T[], take: (message: T) => Promise<Verdict>): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const message of batch) verdicts.push(await take(message));
  return verdicts;
}
