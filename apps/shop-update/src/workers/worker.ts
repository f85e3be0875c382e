import { isDatabaseUnavailable } from '@lockstep/database';
import { failpoint } from '@lockstep/service';
import { Inject, Injectable } from '@nestjs/common';
import { BuildFailedError, CallsStore, type ClaimOptions } from '../queue/calls.store.js';
import type { StoredCall } from '../queue/open-call.store.js';
import { ResultsStore } from '../queue/results.store.js';
import { CALLER, type Caller, type Deferral } from '../queue/shop-call.js';
import type { ShopMethod, Topic } from '../queue/topics.js';
import { methodOf } from '../shop/topic-methods.js';

/** Steps between which a worker may die; see `LOCKSTEP_FAILPOINT`. */
export type Step = 'claimed' | 'answered' | 'applied';

/** What a look at the queue came to; `waitMs`: something is ready, and may be sent so much later. */
export type Look = { readonly kind: 'worked' } | { readonly kind: 'idle'; readonly waitMs?: number };

/** For a wait shorter than this nothing is moved: the worker itself waits. */
const SHORT_WAIT_MS = 2_000;
/** Items of one method that are moved while it is held back: a million of them, each minute again, would be work for nothing. */
const HELD_AT_MOST = 1_000;

/** Takes what is ready, tells the shop, and applies what comes of it: one call at a time. Any number may work side by side. */
@Injectable()
export class Worker {
  /** Until when a method's items are held back, and how many more of them are moved for it. */
  private readonly held = new Map<ShopMethod, { readonly untilMs: number; left: number }>();

  constructor(
    private readonly calls: CallsStore,
    private readonly results: ResultsStore,
    @Inject(CALLER) private readonly caller: Caller,
  ) {}

  /** One call, of the topic that has waited longest and may be sent. `onStep` is for tests. */
  async look(name: string, onStep: (step: Step) => void = passStep): Promise<Look> {
    const { topics, settings } = await this.calls.readyTopics();
    let waitMs: number | undefined;
    for (const topic of topics) {
      const method = methodOf(topic, settings);
      const deferral = await this.caller.admit(method, settings);
      if (deferral) {
        if (deferral.forMs <= SHORT_WAIT_MS) waitMs = Math.min(deferral.forMs, waitMs ?? deferral.forMs);
        else await this.holdBack(topic, method, deferral);
        continue;
      }
      const claim = await this.claim(topic, { worker: name, settings });
      if (claim.kind === 'again') return { kind: 'worked' };
      if (claim.kind === 'none') continue;
      onStep('claimed');
      await this.send(claim.call, onStep);
      return { kind: 'worked' };
    }
    return waitMs === undefined ? { kind: 'idle' } : { kind: 'idle', waitMs };
  }

  private async claim(topic: Topic, options: ClaimOptions) {
    try {
      return await this.calls.claim(topic, options);
    } catch (error) {
      if (!isOfItems(error)) throw error;
    }
    // One of them spoils the call of all: they are tried one by one.
    try {
      return await this.calls.claim(topic, { ...options, limit: 1 });
    } catch (error) {
      if (!isOfItems(error)) throw error;
      return this.calls.claim(topic, { ...options, limit: 1, unbuildable: error.message });
    }
  }

  private async send(call: StoredCall, onStep: (step: Step) => void): Promise<void> {
    const { note, ...outcome } = await this.caller.send(call);
    const made = { ...call, note };
    onStep('answered');
    switch (outcome.kind) {
      case 'acknowledged':
        await this.results.acknowledge(made, outcome.httpStatus);
        break;
      case 'answered':
        await this.results.apply(made, outcome.result, { httpStatus: outcome.httpStatus });
        break;
      default:
        await this.results.fail(made, outcome);
    }
    onStep('applied');
  }

  /** What is ready of the topic shows why it waits, and until when; of very much of it the oldest. */
  private async holdBack(topic: Topic, method: ShopMethod, deferral: Deferral): Promise<void> {
    const now = performance.now();
    const former = this.held.get(method);
    const held = former && former.untilMs > now ? former : { untilMs: now + deferral.forMs, left: HELD_AT_MOST };
    this.held.set(method, held);
    for (let moved = 1; moved > 0 && held.left > 0; held.left -= moved) moved = await this.calls.defer(topic, deferral);
  }
}

function isOfItems(error: unknown): error is BuildFailedError {
  return error instanceof BuildFailedError && !isDatabaseUnavailable(error.cause);
}

/** Where a test can let the process die. */
export function passStep(step: Step): void {
  failpoint(`shop-update.call.${step}`);
}
