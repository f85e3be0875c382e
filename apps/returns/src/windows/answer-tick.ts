import { ProblemError } from '@lockstep/service';
import type { Response } from 'express';
import type { ClaimResult } from './claims.js';
import type { TickAnswer } from './sync.answer.js';

/** 202 with the new run, or 200 with the one at work. */
export function answerTick(claim: ClaimResult, response: Response): TickAnswer {
  if (claim.runId === null) throw new ProblemError(409, 'RETURN_JOB_DISABLED', 'The job is switched off.');
  response.setHeader('Location', `/api/returns/sync/runs/${claim.runId}`);
  response.status(claim.result === 'claimed' ? 202 : 200);
  return claim.result === 'claimed' ? { runId: claim.runId } : { result: 'already_running', runId: claim.runId };
}
