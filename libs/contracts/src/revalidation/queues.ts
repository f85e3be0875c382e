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
