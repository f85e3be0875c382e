import { defineQueue } from '../message.js';

/** The exchange every revalidation message travels on. */
export const REVALIDATION_EXCHANGE = 'reval.exchange';

/** Commands to start, or continue, sending trainees. */
export const connectionSyncStartQueue = defineQueue({ name: 'reval.queue.connection.syncstart', consumer: 'tcs' });

/** Trainees and the end marker of their phase. */
export const connectionSyncDataQueue = defineQueue({
  name: 'reval.queue.connection.syncdata',
  consumer: 'integration',
});

/** Commands to start, or continue, sending GMC doctors. */
export const recommendationSyncStartQueue = defineQueue({
  name: 'reval.queue.recommendation.syncstart',
  consumer: 'recommendation',
});

/** GMC doctors and the end marker of their phase. */
export const gmcSyncDataQueue = defineQueue({
  name: 'reval.queue.revalidationsummary.essync.integration',
  consumer: 'integration',
});

/** Changes of people as they happen. */
export const traineeUpdatedQueue = defineQueue({
  name: 'reval.queue.tcsdoctorinfo.updated.integration',
  consumer: 'integration',
});

/** Changes of GMC doctors as they happen. */
export const gmcDoctorUpdatedQueue = defineQueue({
  name: 'reval.queue.revalidationsummary.updated.integration',
  consumer: 'integration',
});

/** Commands to rebuild the recommendation index from the master. */
export const recommendationRebuildQueue = defineQueue({
  name: 'reval.queue.indexrebuildgetmastercommand.requested.recommendation',
  consumer: 'recommendation',
});

/** Commands to rebuild the connection index from the master. */
export const connectionRebuildQueue = defineQueue({
  name: 'reval.queue.indexrebuildgetmastercommand.requested.connection',
  consumer: 'connection',
});

/** What the projecting services report of their rebuilds. */
export const indexRebuildReportedQueue = defineQueue({
  name: 'reval.queue.indexrebuild.reported.integration',
  consumer: 'integration',
});

/** What the projecting services say of an index that needs a rebuild. */
export const indexRebuildNeededQueue = defineQueue({
  name: 'reval.queue.indexrebuild.needed.integration',
  consumer: 'integration',
});

/** Changes of master doctors, for the recommendation index. */
export const masterUpdatedRecommendationQueue = defineQueue({
  name: 'reval.queue.masterdoctorview.updated.recommendation',
  consumer: 'recommendation',
});

/** Changes of master doctors, for the connection index. */
export const masterUpdatedConnectionQueue = defineQueue({
  name: 'reval.queue.masterdoctorview.updated.connection',
  consumer: 'connection',
});
