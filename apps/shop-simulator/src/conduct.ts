import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import {
  type Behaviour,
  type BehaviourBody,
  changeBehaviour,
  type Effect,
  GOOD_BEHAVIOUR,
  type Rule,
} from './behaviour.js';

/** Where a rule is looked for. */
export interface Occasion {
  readonly method: string;
  readonly skus: readonly string[];
}

/** How the shop behaves, and how often it has still to misbehave. */
@Injectable()
export class Conduct {
  private used = new WeakMap<Rule, number>();
  private now: Behaviour = GOOD_BEHAVIOUR;

  get behaviour(): Behaviour {
    return this.now;
  }

  change(body: BehaviourBody): Behaviour {
    this.now = changeBehaviour(this.now, body);
    return this.now;
  }

  reset(): void {
    this.now = GOOD_BEHAVIOUR;
  }

  /** The rule for an occasion, one time less from now on. */
  take(effects: readonly Effect[], { method, skus }: Occasion): Rule | undefined {
    const rule = this.now.rules.find(
      (each) =>
        effects.includes(each.effect) &&
        (each.method === undefined || each.method === method) &&
        (each.sku === undefined || skus.includes(each.sku)) &&
        (this.used.get(each) ?? 0) < (each.times ?? Number.POSITIVE_INFINITY),
    );
    if (rule) this.used.set(rule, (this.used.get(rule) ?? 0) + 1);
    return rule;
  }

  async dawdle([from, to = from]: readonly number[]): Promise<void> {
    const ms = (from ?? 0) + Math.random() * ((to ?? 0) - (from ?? 0));
    if (ms > 0) await delay(ms);
  }
}
