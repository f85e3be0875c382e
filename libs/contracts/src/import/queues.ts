import { defineQueue, type QueueDefinition, type ServiceName } from '../message.js';

/** The exchange every message of imports travels on. */
export const IMPORT_EXCHANGE = 'import.exchange';

/** Services of ours that create what an import asks for. Others become owners by binding a queue of their own. */
export const IMPORT_OWNERS = ['tcs', 'shop-update', 'returns'] as const satisfies readonly ServiceName[];
export type ImportOwner = (typeof IMPORT_OWNERS)[number];

/** Objects to create, change or look up: one queue an owner. */
export const importObjectQueues = perOwner((owner) => `import.queue.object.request.${owner}`);

/** Links to create: one queue an owner. */
export const importLinkQueues = perOwner((owner) => `import.queue.link.request.${owner}`);

/** What the owners answer. */
export const importResultQueue = defineQueue({ name: 'import.queue.result', consumer: 'import' });

/** Batches that came to an end: what only their planning needed is removed. */
export const importBatchCompletedQueue = defineQueue({ name: 'import.queue.batch.completed', consumer: 'import' });

function perOwner(nameOf: (owner: ImportOwner) => string): Readonly<Record<ImportOwner, QueueDefinition>> {
  const queues = IMPORT_OWNERS.map((owner) => [owner, defineQueue({ name: nameOf(owner), consumer: owner })]);
  return Object.fromEntries(queues) as Record<ImportOwner, QueueDefinition>;
}
