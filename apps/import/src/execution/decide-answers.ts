import type { IdentifierIds, ImportFault } from '@lockstep/contracts';
import { type AttemptPolicy, decideNextAttempt } from './next-attempt.js';

/** What an owner said of one item. */
export interface Answer {
  readonly no: number;
  readonly status: 'complete' | 'error';
  readonly identifierIds: IdentifierIds | null;
  readonly errorsFound: readonly ImportFault[];
}

/** An error as it is stored with its object or link. */
export interface ItemError {
  /** Of imports; the owner's own code stands in the message. */
  readonly code: ExecutionErrorCode;
  readonly message: string;
  readonly field: string | null;
}

/** Codes of errors that come up after planning: those a retry may mend. */
export const EXECUTION_ERROR_CODES = [
  'CREATE_FAILED',
  'LINK_CREATE_FAILED',
  'REFERENCE_NOT_FOUND',
  'RETRIES_EXHAUSTED',
  'INVALID_RESULT',
] as const;
export type ExecutionErrorCode = (typeof EXECUTION_ERROR_CODES)[number];

/** A request that is open: `items` are those not answered for good. */
export interface OpenRequest {
  readonly kind: 'object' | 'link';
  readonly items: readonly number[];
  readonly attempt: number;
}

export interface AnswerPolicy extends AttemptPolicy {
  /** False once the batch is being cancelled: nothing is asked again then. */
  readonly mayAskAgain: boolean;
}

/** What becomes of the items of one request. */
export interface AnswerDecision {
  readonly completed: readonly { readonly no: number; readonly identifierIds: IdentifierIds | null }[];
  readonly failed: readonly { readonly no: number; readonly errors: readonly ItemError[] }[];
  /** To be asked again, in a request of their own. */
  readonly again: readonly number[];
  /** Still to be answered. */
  readonly left: readonly number[];
  /** Answers for items that the request does not hold (any more): they change nothing, but may contradict. */
  readonly late: readonly Answer[];
}

/** The first final answer of an item wins; what comes later is late. */
export function decideAnswers(request: OpenRequest, answers: readonly Answer[], policy: AnswerPolicy): AnswerDecision {
  const left = new Set(request.items);
  const completed: AnswerDecision['completed'][number][] = [];
  const failed: AnswerDecision['failed'][number][] = [];
  const again: number[] = [];
  const late: Answer[] = [];
  for (const answer of answers) {
    if (!left.delete(answer.no)) late.push(answer);
    else if (asksForPatience(answer) && mayBeAskedAgain(request, policy)) again.push(answer.no);
    else if (isSuccess(request, answer)) completed.push({ no: answer.no, identifierIds: answer.identifierIds });
    else failed.push({ no: answer.no, errors: toItemErrors(request, answer) });
  }
  return { completed, failed, again, left: [...left], late };
}

/** Whether what was stored first and what came later cannot both be true. An answer that asks for patience says nothing. */
export function contradicts(
  stored: { readonly status: string; readonly identifierIds: IdentifierIds | null },
  answer: Answer,
  kind: 'object' | 'link',
): boolean {
  if (asksForPatience(answer)) return false;
  if (stored.status === 'error') return answer.status === 'complete';
  if (stored.status !== 'complete') return false;
  if (answer.status === 'error') return true;
  return kind === 'object' && !hasEqualIds(stored.identifierIds ?? {}, answer.identifierIds ?? {});
}

/** Errors of items whose request got no answer in all its attempts. */
export function exhaustedErrors(reason: string): readonly ItemError[] {
  return [{ code: 'RETRIES_EXHAUSTED', message: reason, field: null }];
}

/** True when every fault may be gone at the next attempt. */
function asksForPatience({ status, errorsFound }: Answer): boolean {
  return status === 'error' && errorsFound.length > 0 && errorsFound.every((fault) => fault.retryable);
}

function mayBeAskedAgain({ attempt }: OpenRequest, policy: AnswerPolicy): boolean {
  return policy.mayAskAgain && decideNextAttempt(attempt, policy, 0).kind === 'again';
}

function isSuccess({ kind }: OpenRequest, { status, identifierIds }: Answer): boolean {
  return status === 'complete' && (kind === 'link' || hasIds(identifierIds));
}

function hasIds(ids: IdentifierIds | null): boolean {
  const values = Object.values(ids ?? {});
  return values.length > 0 && values.every((value) => typeof value === 'string' && value.length > 0);
}

function toItemErrors({ kind }: OpenRequest, answer: Answer): ItemError[] {
  if (answer.status === 'complete') {
    return [{ code: 'INVALID_RESULT', message: 'The owner reported success without identifier ids.', field: null }];
  }
  const failure = kind === 'object' ? 'CREATE_FAILED' : 'LINK_CREATE_FAILED';
  if (answer.errorsFound.length === 0) return [{ code: failure, message: 'The owner gave no reason.', field: null }];
  const faults = answer.errorsFound.map(({ code, message, field }): ItemError => {
    if (code === 'REFERENCE_NOT_FOUND' || code === 'INVALID_RESULT') return { code, message, field: field ?? null };
    return { code: failure, message: `${code}: ${message}`, field: field ?? null };
  });
  return asksForPatience(answer) ? [...exhaustedErrors('It failed in every attempt.'), ...faults] : faults;
}

function hasEqualIds(a: IdentifierIds, b: IdentifierIds): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
