import { defineMessage } from '../message.js';
import { GmcDoctorItemV1 } from './gmc-doctor-item.v1.js';
import { gmcSyncDataQueue, REVALIDATION_EXCHANGE, recommendationSyncStartQueue } from './queues.js';
import { SyncDataV1 } from './sync-data.v1.js';
import { SyncEndV1 } from './sync-end.v1.js';
import { SyncStartV1 } from './sync-start.v1.js';

const RUN = { runId: '6f1c1f4e-7c1e-4a55-9a0e-2f6f9d0a9b11', fence: 7, phase: 'gmc' } as const;

/** An example of a doctor under notice with an outcome. */
export const GMC_DOCTOR_EXAMPLE: GmcDoctorItemV1 = {
  key: '7000001',
  version: 4,
  deleted: false,
  doctor: {
    gmcReferenceNumber: '7000001',
    doctorFirstName: 'Aoife',
    doctorLastName: "O'Brien",
    submissionDate: '2026-09-30',
    dateAdded: '2021-08-04',
    lastUpdatedDate: '2026-03-01',
    designatedBody: '1-1RSG4X0',
    underNotice: 'YES',
    sanction: null,
    existsInGmc: true,
    gmcStatus: 'Under Review',
    tisStatus: 'SUBMITTED_TO_GMC',
    admin: 'admin@example.org',
  },
};

export const gmcSyncStart = defineMessage<SyncStartV1>({
  type: 'reval.recommendation.syncstart',
  version: 1,
  summary: 'Send all GMC doctors for a run (gmcSyncStart), or some batches again.',
  exchange: REVALIDATION_EXCHANGE,
  routingKey: 'reval.recommendation.syncstart',
  publishers: ['integration'],
  queues: [recommendationSyncStartQueue],
  payload: SyncStartV1,
  example: { ...RUN, batchSize: 200, asOf: '2026-03-14' },
});

export const gmcSyncData = defineMessage<SyncDataV1<GmcDoctorItemV1>>({
  type: 'reval.revalidationsummary.essync',
  version: 1,
  summary: 'A batch of GMC doctors for a run (syncData).',
  exchange: REVALIDATION_EXCHANGE,
  routingKey: 'reval.routingkey.revalidationsummary.essync',
  publishers: ['recommendation'],
  queues: [gmcSyncDataQueue],
  payload: SyncDataV1<GmcDoctorItemV1>,
  item: GmcDoctorItemV1,
  example: { ...RUN, source: 'recommendation', sequence: 3, totalItems: 95_000, items: [GMC_DOCTOR_EXAMPLE] },
});

export const gmcSyncEnd = defineMessage<SyncEndV1>({
  type: 'reval.revalidationsummary.essyncend',
  version: 1,
  summary: 'All GMC doctors of a run were sent (syncEnd); carries the totals.',
  exchange: REVALIDATION_EXCHANGE,
  routingKey: 'reval.routingkey.revalidationsummary.essync',
  publishers: ['recommendation'],
  queues: [gmcSyncDataQueue],
  payload: SyncEndV1,
  example: { ...RUN, source: 'recommendation', batches: 475, items: 95_000 },
});
