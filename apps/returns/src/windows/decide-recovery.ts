import { CLAIMED } from './job.js';

/** After so many starts without getting any further a run is given up; the next one begins where it began. */
export const MAX_ATTEMPTS = 5;

/** What is done with a run whose lease has run out. */
export type Recovery = 'giveUp' | 'planAgain' | 'resumePages';

/** A claimed job has no pages yet; one being processed keeps the window it has. */
export function decideRecovery(job: { readonly status: number; readonly attempt: number }): Recovery {
  if (job.attempt >= MAX_ATTEMPTS) return 'giveUp';
  return job.status === CLAIMED ? 'planAgain' : 'resumePages';
}
