import { importBatchCompleted } from './import/batch-completed.v1.js';
import { importLinkRequest } from './import/link-request.v1.js';
import { importObjectRequest } from './import/object-request.v1.js';
import { IMPORT_OWNERS } from './import/queues.js';
import { importResult } from './import/result.v1.js';
import type { MessageDefinition, QueueDefinition, ServiceName } from './message.js';
import { returnSync, returnSyncProcessing } from './returns/return-sync.v1.js';
import { gmcSyncData, gmcSyncEnd, gmcSyncStart } from './revalidation/gmc-sync.v1.js';
import { getMasterCommand, indexRebuildNeeded, indexRebuildReported } from './revalidation/index-rebuild.v1.js';
import { gmcDoctorsUpdated, masterDoctorsUpdated, traineesUpdated } from './revalidation/live-updates.v1.js';
import { traineeSyncData } from './revalidation/sync-data.v1.js';
import { traineeSyncEnd } from './revalidation/sync-end.v1.js';
import { traineeSyncStart } from './revalidation/sync-start.v1.js';
import { shopLogRecorded } from './shop-update/log-recorded.v1.js';

/** What an import asks of the services of ours that make objects and links for it. */
export const importRequests: readonly MessageDefinition[] = IMPORT_OWNERS.flatMap((owner) => [
  importObjectRequest(owner),
  importLinkRequest(owner),
]);

/** Every message of Lockstep. Topology, documentation and the boot checks are made from this list. */
export const messages: readonly MessageDefinition[] = [
  traineeSyncStart,
  traineeSyncData,
  traineeSyncEnd,
  gmcSyncStart,
  gmcSyncData,
  gmcSyncEnd,
  getMasterCommand,
  indexRebuildReported,
  indexRebuildNeeded,
  traineesUpdated,
  gmcDoctorsUpdated,
  masterDoctorsUpdated,
  ...importRequests,
  importResult,
  importBatchCompleted,
  shopLogRecorded,
  returnSync,
  returnSyncProcessing,
];

/** The queues a service consumes, each once, in the catalogue's order. */
export function queuesConsumedBy(service: ServiceName): QueueDefinition[] {
  const queues = messages.flatMap((message) => message.queues).filter((queue) => queue.consumer === service);
  return [...new Set(queues)];
}

/** The messages a service may publish. */
export function messagesPublishedBy(service: ServiceName): MessageDefinition[] {
  return messages.filter((message) => message.publishers.includes(service));
}
