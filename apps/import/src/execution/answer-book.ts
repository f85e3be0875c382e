import { compileSchema, ImportResultItemV1, type ImportResultV1 } from '@lockstep/contracts';
import { Injectable } from '@nestjs/common';
import { ImportConfig } from '../import.config.js';
import { LINK_STATUSES, OBJECT_STATUSES } from '../statuses.js';
import { type Answer, type AnswerDecision, contradicts, decideAnswers, exhaustedErrors } from './decide-answers.js';
import { type Dispatch, DispatchStore } from './dispatch.store.js';
import { ErrorStore, type FailedItem } from './error.store.js';
import { itemNumberOf } from './item-ids.js';
import { LinkStore } from './link.store.js';
import type { LockedBatch } from './locked-batch.js';
import { decideNextAttempt } from './next-attempt.js';
import { ObjectStore } from './object.store.js';
import type { EndedObjects } from './wavefront.js';

/** What became of a request through all the messages at hand. */
interface Outcome {
  readonly completed: AnswerDecision['completed'][number][];
  readonly failed: FailedItem[];
  readonly again: number[];
  readonly late: Answer[];
}

/** A result, read. `unknown`: ids that are none of the batch. */
interface ReadResult {
  readonly answers: readonly Answer[];
  readonly unknown: string[];
}

/** Writes answers down: the gate of each request, the status of each item, errors and what is asked again. */
@Injectable()
export class AnswerBook {
  private readonly itemSchema = compileSchema(ImportResultItemV1);

  constructor(
    private readonly config: ImportConfig,
    private readonly dispatches: DispatchStore,
    private readonly objects: ObjectStore,
    private readonly links: LinkStore,
    private readonly errors: ErrorStore,
  ) {}

  /** For each result null, or why it is dead; and the objects that have come to their end. */
  async record(
    batch: LockedBatch,
    results: readonly ImportResultV1[],
  ): Promise<{ reasons: (string | null)[]; ended: EndedObjects; hasChanges: boolean }> {
    const ids = [...new Set(results.map(({ dispatchId }) => dispatchId).filter((id) => /^\d{1,18}$/.test(id)))];
    const dispatches = await this.dispatches.find(batch, ids);
    const outcomes = new Map<Dispatch, Outcome>();
    const items = new Map([...dispatches.values()].map((dispatch) => [dispatch, openItems(dispatch)]));
    const reads = results.map((result) => {
      const dispatch = dispatches.get(result.dispatchId);
      if (!dispatch || dispatch.kind !== result.kind) return null;
      const read = this.read(batch, result);
      const outcome = outcomes.get(dispatch) ?? { completed: [], failed: [], again: [], late: [] };
      outcomes.set(dispatch, outcome);
      const request = { kind: dispatch.kind, items: items.get(dispatch)!, attempt: attemptOf(dispatch) };
      const decision = decideAnswers(request, read.answers, this.policy(batch));
      items.set(dispatch, decision.left);
      outcome.completed.push(...decision.completed);
      outcome.failed.push(...decision.failed);
      outcome.again.push(...decision.again);
      outcome.late.push(...decision.late);
      return { read, dispatch };
    });
    await this.moveGates(batch, outcomes, items);
    const ended = await this.write(batch, outcomes);
    const strange = await this.judgeLate(batch, outcomes);
    const reasons = reads.map((one) => {
      if (!one) return 'UNKNOWN_DISPATCH: no request of this import has this id and kind';
      const foreign = one.read.answers
        .filter(({ no }) => strange.get(one.dispatch)?.has(no))
        .map(({ no }) => String(no));
      const unknown = [...one.read.unknown, ...foreign];
      return unknown.length > 0 ? `UNKNOWN_ITEM: ${unknown.slice(0, 5).join(', ')}` : null;
    });
    const hasChanges = [...outcomes.values()].some(
      ({ completed, failed, again }) => completed.length + failed.length + again.length > 0,
    );
    return { reasons, ended, hasChanges };
  }

  /** Requests whose time is over. */
  async expire(batch: LockedBatch, overdue: readonly Dispatch[]): Promise<EndedObjects> {
    const outcomes = new Map<Dispatch, Outcome>();
    for (const dispatch of overdue) {
      const isCancelling = batch.state === 'cancelling';
      if (dispatch.state === 'claimed' && !isCancelling) {
        await this.dispatches.requeue(batch, dispatch.id, 0);
        continue;
      }
      const next = decideNextAttempt(dispatch.attempt, this.config.attempts, Math.random());
      if (next.kind === 'again' && !isCancelling) {
        await this.dispatches.requeue(batch, dispatch.id, next.delayMs);
        continue;
      }
      const errors = exhaustedErrors(`No answer from ${dispatch.service} in ${dispatch.attempt} attempts.`);
      const failed = dispatch.items.map((no) => ({ no, errors }));
      outcomes.set(dispatch, { completed: [], failed, again: [], late: [] });
    }
    await this.dispatches.close(
      batch,
      [...outcomes.keys()].map(({ id }) => id),
    );
    return this.write(batch, outcomes);
  }

  private read(batch: LockedBatch, result: ImportResultV1): ReadResult {
    const answers: Answer[] = [];
    const unknown: string[] = [];
    for (const item of result.items as readonly unknown[]) {
      const id = typeof item === 'object' && item !== null ? String((item as { id?: unknown }).id) : '?';
      const no = itemNumberOf(batch.id, result.kind, id);
      if (no === null) unknown.push(id.slice(0, 80));
      else answers.push(this.toAnswer(no, item));
    }
    return { answers, unknown };
  }

  private toAnswer(no: number, item: unknown): Answer {
    const faults = this.itemSchema.check(item);
    if (faults.length === 0) {
      const { status, identifierIds, errorsFound } = item as ImportResultItemV1;
      return { no, status, identifierIds: identifierIds ?? null, errorsFound };
    }
    const message = `The owner's answer does not fit: ${faults.slice(0, 3).join('; ')}`;
    const fault = { code: 'INVALID_RESULT', message, field: null, retryable: false };
    return { no, status: 'error', identifierIds: null, errorsFound: [fault] };
  }

  private async moveGates(
    batch: LockedBatch,
    outcomes: ReadonlyMap<Dispatch, Outcome>,
    items: ReadonlyMap<Dispatch, readonly number[]>,
  ): Promise<void> {
    const answered = [...outcomes.keys()].filter(
      (dispatch) => dispatch.state !== 'done' && items.get(dispatch)!.length < dispatch.items.length,
    );
    const closed = answered.filter((dispatch) => items.get(dispatch)!.length === 0);
    await this.dispatches.close(
      batch,
      closed.map(({ id }) => id),
    );
    for (const dispatch of answered) {
      const left = items.get(dispatch)!;
      if (left.length > 0) await this.dispatches.shrink(batch, dispatch.id, left);
    }
  }

  private async write(batch: LockedBatch, outcomes: ReadonlyMap<Dispatch, Outcome>): Promise<EndedObjects> {
    const of = (kind: Dispatch['kind']) => [...outcomes].filter(([dispatch]) => dispatch.kind === kind);
    const objects = of('object').map(([, outcome]) => outcome);
    const links = of('link').map(([, outcome]) => outcome);
    const completed = objects.flatMap((outcome) => outcome.completed);
    const failed = objects.flatMap((outcome) => outcome.failed);
    const madeLinks = links.flatMap((outcome) => outcome.completed).map(({ no }) => no);
    const failedLinks = links.flatMap((outcome) => outcome.failed);

    for (const [answered, to] of [
      [await this.objects.complete(batch, completed), 'complete'],
      [await this.objects.fail(batch, failed), 'error'],
    ] as const) {
      batch.objects.take(answered.checked, ['checking', 'creating', 'processing'], to);
      batch.objects.take(answered.count - answered.checked, ['creating', 'checking', 'processing'], to);
    }
    await this.links.complete(batch, madeLinks);
    await this.links.fail(batch, failedLinks);
    batch.links.take(madeLinks.length, ['creating', 'processing'], 'complete');
    batch.links.take(failedLinks.length, ['creating', 'processing'], 'error');
    const newErrors =
      (await this.errors.add(batch, 'object', failed)) + (await this.errors.add(batch, 'link', failedLinks));
    await this.askAgain(batch, outcomes);
    const nosOf = (items: readonly { readonly no: number }[]) => items.map(({ no }) => no);
    await this.objects.remember(batch, nosOf(completed));
    return { completed: nosOf(completed), failed: nosOf(failed), newErrors };
  }

  private async askAgain(batch: LockedBatch, outcomes: ReadonlyMap<Dispatch, Outcome>): Promise<void> {
    for (const [dispatch, { again }] of outcomes) {
      if (again.length === 0) continue;
      const attempt = attemptOf(dispatch);
      const next = decideNextAttempt(attempt, this.config.attempts, Math.random());
      const delayMs = next.kind === 'again' ? next.delayMs : 0;
      await this.dispatches.askAgain(batch, dispatch, again, { attempt, delayMs });
    }
  }

  /** Warns of answers that contradict what is stored; resolves with the items that are none of their request's. */
  private async judgeLate(
    batch: LockedBatch,
    outcomes: ReadonlyMap<Dispatch, Outcome>,
  ): Promise<Map<Dispatch, Set<number>>> {
    const strange = new Map<Dispatch, Set<number>>();
    for (const [dispatch, { late }] of outcomes) {
      if (late.length === 0) continue;
      const { kind } = dispatch;
      const nos = late.map(({ no }) => no);
      const stored =
        kind === 'object' ? await this.objects.findStored(batch, nos) : await this.links.findStored(batch, nos);
      const statuses: readonly string[] = kind === 'object' ? OBJECT_STATUSES : LINK_STATUSES;
      const isOurs = ({ no }: Answer) => stored.get(no)?.type === dispatch.type;
      strange.set(dispatch, new Set(late.filter((answer) => !isOurs(answer)).map(({ no }) => no)));
      const conflicts = late.filter((answer) => {
        const known = stored.get(answer.no);
        if (!known || !isOurs(answer)) return false;
        const identifierIds = 'identifierIds' in known ? (known.identifierIds as Answer['identifierIds']) : null;
        return contradicts({ status: statuses[known.status] ?? '', identifierIds }, answer, kind);
      });
      await this.errors.warnOfConflicts(
        batch,
        kind,
        conflicts.map(({ no }) => no),
      );
    }
    return strange;
  }

  private policy(batch: LockedBatch) {
    return { ...this.config.attempts, mayAskAgain: batch.state !== 'cancelling' };
  }
}

/** One whose sender died counts as queued, and may have been sent: its answers are as good as any. */
function openItems({ state, items }: Dispatch): readonly number[] {
  return state === 'done' ? [] : items;
}

/** The attempt that the message named, where it is not known to be sent. */
function attemptOf({ state, attempt }: Dispatch): number {
  return state === 'claimed' ? attempt + 1 : Math.max(1, attempt);
}
